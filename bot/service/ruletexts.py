"""The texts of a rule set, kept in the store: what decided is known later, whatever the files say by then."""

from __future__ import annotations

import tempfile
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Final

import msgspec

from bot import __version__
from bot.config.load import examine_config
from bot.config.notes import ERROR
from bot.core.ruleset import RuleSet
from bot.core.troubles import with_own_rules
from bot.errors import InvalidInputError, TocsinError
from bot.rulepack.load import read_rules

_MOST_BYTES: Final = 256 << 20  # of one text, unpacked; rule files are at most 1 MiB each


class RuleTexts(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule set is made of. `program` is the version of tocsin that read it; `config` holds no secret.

    `rules` are the texts of the rule files, in any order: names are unique over all of them.
    """

    config: str
    rules: tuple[str, ...]
    dev: bool = False
    program: str = __version__


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(RuleTexts).decode


def pack(texts: RuleTexts) -> bytes:
    """Return the texts as they are stored; a hundred rules are a few KB."""
    return zlib.compress(_encode(texts))


def unpack(body: bytes) -> RuleTexts:
    """Return stored texts. Raises TocsinError when they cannot be read."""
    try:
        return _decode(zlib.decompressobj().decompress(body, _MOST_BYTES))
    except (zlib.error, msgspec.MsgspecError, ValueError) as error:
        raise TocsinError(f"the stored text of a rule set cannot be read: {error}") from error


def rule_set_of(texts: RuleTexts, version: str | None = None) -> RuleSet:
    """Compile stored texts as a start would, without their examples.

    Args:
        texts: from the store.
        version: what the set was called then; another program may call the same text otherwise.

    Raises:
        InvalidInputError: when this program does not take the text any more.
    """
    with tempfile.TemporaryDirectory(prefix="tocsin-rules-") as folder:
        config_file, files = _written(texts, Path(folder))
        config, problems = examine_config(config_file, {}, dev=texts.dev, secrets_required=False)
        if config is None:
            raise InvalidInputError(problems)
        loaded = read_rules(files, config, with_examples=False)
    wrong = [problem for problem in (*problems, *loaded.problems) if problem.level == ERROR]
    if wrong:
        raise InvalidInputError(wrong)
    whole = with_own_rules(loaded.rule_set, config.slack.admin_channel if config.slack else None)
    return whole if version is None else replace(whole, version=version, _index={})


def _written(texts: RuleTexts, folder: Path) -> tuple[Path, list[Path]]:
    config = folder / "config.yaml"
    config.write_text(texts.config, "utf-8")
    files = [folder / f"{number:05}.yaml" for number in range(len(texts.rules))]
    for path, text in zip(files, texts.rules, strict=True):
        path.write_text(text, "utf-8")
    return config, files
