"""Rules for charts. Source: docs.slack.dev, data visualization block, and limits found live (facts on two charts)."""

from __future__ import annotations

from typing import Any

from tests.fakes.slack import wording
from tests.fakes.slack.checker import Checker

TITLE, LABEL, CATEGORIES, SERIES = 50, 20, 20, 12
_KINDS = {"bar", "line", "area"}


def data_visualization(checker: Checker, block: dict[str, Any], pointer: str) -> None:
    checker.shape(block, pointer, ["title", "chart"], ["block_id"])
    checker.string(block.get("title"), f"{pointer}/title", TITLE)
    chart, where = block.get("chart"), f"{pointer}/chart"
    if not checker.shape(chart, where, ["series", "axis_config"]) or not isinstance(chart, dict):
        return
    if chart.get("type") not in _KINDS:
        checker.add(wording.unsupported(chart.get("type")), f"{where}/type")
    axis = chart.get("axis_config")
    checker.shape(axis, f"{where}/axis_config", ["categories"], ["x_label", "y_label"])
    categories = axis.get("categories") if isinstance(axis, dict) else None
    for index, label in enumerate(checker.items(categories, f"{where}/axis_config/categories", CATEGORIES)):
        checker.string(label, f"{where}/axis_config/categories/{index}", LABEL)
    for index, series in enumerate(checker.items(chart.get("series"), f"{where}/series", SERIES)):
        _series(checker, series, categories, f"{where}/series/{index}")


def _series(checker: Checker, series: Any, categories: Any, where: str) -> None:
    if not checker.shape(series, where, ["name", "data"]):
        return
    checker.string(series.get("name"), f"{where}/name", LABEL)
    data = checker.items(series.get("data"), f"{where}/data", CATEGORIES)
    if [point.get("label") if isinstance(point, dict) else None for point in data] != categories:
        checker.add(wording.BAD_VALUE, f"{where}/data")
    for index, point in enumerate(data):
        value = point.get("value") if isinstance(point, dict) else None
        if not isinstance(value, int | float) or isinstance(value, bool):
            checker.add(wording.BAD_VALUE, f"{where}/data/{index}/value")
