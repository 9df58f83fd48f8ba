"""Which state of the code a long run was made with: progress of another state counts for nothing."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]


def fingerprint() -> str:
    """Return a fingerprint of everything that is being soaked."""
    digest = hashlib.sha256()
    for path in sorted([*(ROOT / "bot").rglob("*.py"), *(ROOT / "tests").rglob("*.py")]):
        digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()
