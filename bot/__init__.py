"""Tocsin: receives processing platforms' events and tells the right Slack channel once."""

__version__ = "0.2.3"
