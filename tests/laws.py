"""How many examples a law is tried on: 200 in `make test`, 5,000 in `make soak`, which sets TOCSIN_EXAMPLES."""

from __future__ import annotations

import os

from hypothesis import settings

EXAMPLES = int(os.environ.get("TOCSIN_EXAMPLES", "200"))
LAW = settings(max_examples=EXAMPLES, deadline=None)
