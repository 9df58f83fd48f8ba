"""The HTTP floor: takes deliveries, answers only after they are stored, and says how the bot is."""

from bot.web.actions import Actions
from bot.web.answers import Answer
from bot.web.api import Api
from bot.web.app import Front, HttpServer
from bot.web.digests import DigestPosts
from bot.web.health import Health, Readiness
from bot.web.hooks import Hooks
from bot.web.limits import Limits
from bot.web.slack import SlackRequests
from bot.web.tokens import Tokens

__all__ = [
    "Actions",
    "Answer",
    "Api",
    "DigestPosts",
    "Front",
    "Health",
    "Hooks",
    "HttpServer",
    "Limits",
    "Readiness",
    "SlackRequests",
    "Tokens",
]
