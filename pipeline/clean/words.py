"""Words in the languages of newspapers, from ``words.yaml``: ``WORDS``, ``any_of``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

TABLES: dict[str, Any] = yaml.safe_load(
    Path(__file__).with_name("words.yaml").read_text(encoding="utf-8")
)
_LISTS = {name: text.split(", ") for name, text in TABLES.items() if isinstance(text, str)}
WORDS: dict[str, frozenset[str]] = {name: frozenset(words) for name, words in _LISTS.items()}
"""Name of a list → its words."""
PATTERNS: dict[str, str] = {
    name: text.replace(", ", "|") for name, text in TABLES["patterns"].items()
}
"""Name → alternatives of a pattern."""


def any_of(name: str) -> str:
    """A pattern that matches any of the ``WORDS`` of this name."""
    return "|".join(map(re.escape, _LISTS[name]))
