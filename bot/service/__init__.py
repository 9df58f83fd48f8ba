"""Puts the floors together: one place that reads config and rules, and one that starts, watches and drains the bot."""
