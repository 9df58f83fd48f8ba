"""A store with many events and fifty rules, for replay to decide again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench.events import SECRET
from bot.clock import SystemClock
from bot.core.catalogue import outcomes_of_type
from bot.core.identity import event_id
from bot.core.inputs import Event
from bot.service.ruletexts import RuleTexts, pack
from bot.service.setup import load_setup
from bot.store import Store, schema
from bot.store.rows import event_row
from bot.store.statements import Cursor, Insertion
from bot.store.values import RowKind

_FAILED: Final = "extend.workflow_run.failed"
_TYPES: Final = (
    "extend.workflow_run.completed",
    "extend.extract_run.processed",
    "alfred.job.finished",
    "alfred.job.stage_update",
)
_CONFIG: Final = """\
store: sqlite:///replayed.db
sources:
  extend: {kind: extend, secrets: [env:SECRET]}
  alfred: {kind: alfred, token: env:SECRET}
rules: [rules.yaml]
"""
_BETWEEN_MS: Final = 20  # between two stored events: a million are five and a half hours
_AT_ONCE: Final = 4_096


def _fifty_rules() -> str:
    """Return the text of fifty rules as people have them: failures by company, some counting, some with an end."""
    lines = ["rules:"]
    for number in range(50):
        kind = "    at_least: 2\n    within: 15m\n" if number % 5 == 0 else "    resolved_by: finished\n"
        lines.append(
            f"  rule-{number:02d}:\n"
            f'    title: "{{workflow}} failed for {{company}}"\n'
            f"    when: {'failed' if number % 2 else chr(34) + 'extend.*.failed' + chr(34)}\n"
            f"    where: {{company: company-{number:02d}}}\n"
            f"    per: {'company' if number % 5 == 0 else 'run'}\n"
            f"    if_unknown: skip\n"
            f"    notify: doc-alerts\n{kind}"
        )
    return "\n".join(lines)


def _stored_events(count: int, began: int) -> Iterator[tuple[Event, int]]:
    """Yield events and when they came (ms): one in a hundred is a failed run, by turns of fifty companies."""
    for number in range(count):
        kind = _FAILED if number % 100 == 0 else _TYPES[number % len(_TYPES)]
        source = kind.split(".", 1)[0]
        fields: dict[str, Any] = {
            "source": source,
            "environment": "prod",
            "company": f"company-{number // 100 % 50:02d}",
            "workflow": "Accounts payable intake",
            "document": f"invoice-{number}.pdf",
            ("run" if source == "extend" else "job"): f"id-{number:08d}",
        }
        own = event_id(source, kind, str(number))
        yield (
            Event(event_id=own, source=source, type=kind, at=0, outcomes=outcomes_of_type(kind), fields=fields),
            began + number * _BETWEEN_MS,
        )


def make_store(folder: Path, events: int) -> Path:
    """Make a store whose journal holds so many events, all of them said to be decided; return its config."""
    (folder / "rules.yaml").write_text(_fifty_rules())
    config = folder / "config.yaml"
    config.write_text(_CONFIG)
    asyncio.run(_fill(config, events))
    return config


async def _fill(config: Path, count: int) -> None:
    setup, clock = load_setup(config, env={"SECRET": SECRET}), SystemClock()
    store = await Store.open(setup.config.store_path, clock)
    try:
        texts = RuleTexts(config=setup.config_text, rules=setup.contents)
        await store.append_reload(setup.rule_set.version, pack(texts))
        insert, began = Insertion(schema.JOURNAL), clock.now_ms()
        rows: list[tuple[Any, ...]] = []
        for seq, (event, at) in enumerate(_stored_events(count, began), 2):
            future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
            rows.append((seq, at, *event_row(event, RowKind.EVENT.value, None, None, future).values))
            if len(rows) == _AT_ONCE or seq == count + 1:
                await store.work(partial(insert.run, rows=tuple(rows)))
                rows.clear()
        await store.work(lambda cursor: _decided(cursor, count + 1, began + count * _BETWEEN_MS))
    finally:
        await store.close()


def _decided(cursor: Cursor, seq: int, time: int) -> None:
    cursor.execute("UPDATE marks SET seq = ?, time = ?", (seq, time))
