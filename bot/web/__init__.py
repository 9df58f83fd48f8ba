"""The HTTP floor: takes deliveries, answers only after they are stored, and says how the bot is."""

from bot.web.answers import Answer
from bot.web.app import HttpServer
from bot.web.health import Health, Readiness
from bot.web.hooks import Hooks
from bot.web.limits import Limits

__all__ = ["Answer", "Health", "Hooks", "HttpServer", "Limits", "Readiness"]
