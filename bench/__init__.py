"""Measures the bot from outside: a real process on one core, load and a fake Slack on another. `make bench`."""
