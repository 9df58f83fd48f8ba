"""A strict fake Slack: refuses what Slack refuses, stores what it stores, loses answers the way networks do."""

from tests.fakes.slack.server import FakeSlack
from tests.fakes.slack.state import TOKEN

__all__ = ["TOKEN", "FakeSlack"]
