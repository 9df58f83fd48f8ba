"""Every generated test is tried on as many examples as a law, unless it says otherwise."""

from __future__ import annotations

from hypothesis import settings

from tests.laws import LAW

settings.register_profile("law", LAW)
settings.load_profile("law")
