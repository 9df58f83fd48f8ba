"""What was measured, as the lines of one table."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Row:
    """One measured thing: a value for each round. `target` is in words; `met` tells whether the median meets it."""

    what: str
    unit: str
    values: list[float] = field(default_factory=list)
    at_least: float | None = None
    under: float | None = None

    @property
    def median(self) -> float:
        """The median over the rounds."""
        return statistics.median(self.values)

    def cells(self) -> tuple[str, str, str, str]:
        """Return what, median with unit, spread (least to most) and target with its verdict."""
        spread = f"{_number(min(self.values))} to {_number(max(self.values))}"
        return self.what, f"{_number(self.median)} {self.unit}".strip(), spread, self._target()

    def _target(self) -> str:
        if self.at_least is not None:
            return f"at least {_number(self.at_least)}: {'met' if self.median >= self.at_least else 'MISSED'}"
        if self.under is not None:
            return f"under {_number(self.under)}: {'met' if self.median < self.under else 'MISSED'}"
        return ""


def markdown(rows: Sequence[Row]) -> str:
    """Return a Markdown table that also reads well in a terminal."""
    cells = [("measured", "median", "spread", "target"), *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(4)]
    lines = ["| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in cells]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def _number(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
