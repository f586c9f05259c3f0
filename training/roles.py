"""Which lines are headline, byline and time stamp, by what benchmarks state and readers named.

    archives, labelled texts ─▶ Golds: page → headline, authors, day ─role_lines─▶ lines

A line has a role when it says what the gold says. A text of which no line does teaches that there
is none, unless a line says nearly the same: then nothing is learned of that role. A line that
readers named has it too.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from lxml.etree import ParserError
from numpy.typing import NDArray
from rapidfuzz import fuzz

from pipeline.clean.dates import Order, find_date
from pipeline.clean.lines.tagger import ROLES
from pipeline.clean.names import author_names, name_key
from pipeline.read.encoding import decode
from pipeline.urls import canonical_url
from training.corrected import line_digest
from training.hand_renderings import wide
from training.labelled import Labelled, label_lines
from training.labelled_pages import unpacked
from training.renderings import Lines, renderings

ARCHIVES = ("fundus_tests", "wcxb_article", "trafilatura_eval", "postlight_meta", "htmldate_eval")
"""Archives whose rows state metadata. Those of readability_js name no site: a page of one site
could stand on both sides of the cross-validation."""
ROLE_LABELS = Path(__file__).with_name("role_labels.jsonl")
"""Which lines of a page are its headline, its byline and say when it was published, by reading."""
DATES_ONLY = ("htmldate_eval",)
SAME = 90
"""Likeness of headlines, in per cent, from which two are one with a letter changed."""
NEAR = 60
"""Likeness from which a line may be the headline in other words."""
HEADLINE_CHARS, BYLINE_CHARS, TIME_CHARS = 400, 160, 200
"""Characters of the longest line that is looked at."""
MAX_LINES = 1_500
"""Lines of the longest page that roles are learned from."""


def read_role_labels() -> dict[str, dict[str, frozenset[str] | None]]:
    """Page → ``headline``, ``byline``, ``time``, ``updated`` → digests of lines that say it.

    2,128 pages; 458 of them, where a reading contradicted the benchmark or named no headline, were
    read again, as a whole. None where readers could not tell.
    """
    rows = map(json.loads, ROLE_LABELS.read_text(encoding="utf-8").splitlines())
    return {
        row.pop("page"): {role: None if d is None else frozenset(d) for role, d in row.items()}
        for row in rows
    }


Roles = tuple[NDArray[np.bool_], NDArray[np.bool_]]
"""Lines with each role, and of which roles that is known: bool[ROLES, lines], bool[ROLES]."""


@dataclass(frozen=True)
class Gold:
    """What a benchmark states of a page; None where it says nothing."""

    title: str | None
    authors: tuple[str, ...]
    day: date | None


class Golds:
    """Metadata of pages, by their number and by their address."""

    def __init__(self, texts: Sequence[Path], archives: Sequence[Path]) -> None:
        self._by_id: dict[str, Gold] = {}
        self._by_url: dict[str, Gold] = {}
        for archive in archives:
            bench = archive.name.partition(".")[0]
            for row, _ in unpacked(archive):
                gold = _gold(row, dates_only=bench in DATES_ONLY)
                self._by_id[f"{bench}:{row['id']}"] = gold
                if row.get("url") and bench not in DATES_ONLY:
                    self._by_url[canonical_url(row["url"]) or ""] = gold
        for path in texts:
            with lzma.open(path, "rt", encoding="utf-8") as rows:
                for row in map(json.loads, rows):
                    if row.get("title_gold") and (row["authors"] or row["date"]):
                        self._by_id[row["id"]] = _gold(row | {"author": row["authors"]})

    def of(self, page_id: str, url: str | None) -> Gold | None:
        """What is stated of a page, if anything is."""
        found = self._by_id.get(page_id)
        return found or (self._by_url.get(canonical_url(url) or "") if url else None)


def _gold(row: dict[str, Any], *, dates_only: bool = False) -> Gold:
    day = row.get("date")
    try:
        when = date.fromisoformat(day[:10]) if isinstance(day, str) else None
    except ValueError:
        when = None
    if dates_only:
        return Gold(None, (), when)
    title, authors = row.get("title"), row.get("author")
    listed = authors if isinstance(authors, list) else [authors] if isinstance(authors, str) else []
    return Gold(title if isinstance(title, str) else None, author_names(listed), when)


def read_stated(archives: Sequence[Path], every: int = 1) -> Iterator[Labelled]:
    """Renderings of each page, or one in so many, with stated metadata; no line has a label."""
    for archive in archives:
        bench = archive.name.partition(".")[0]
        for row, payload in islice(unpacked(archive), None, None, every):
            if not (row.get("title") or row.get("author") or row.get("date")):
                continue
            content = decode(payload, html=True).text
            for name, lines in _rendered(content).items():
                page = {
                    "id": f"{bench}:{row['id']}",
                    "url": row.get("url"),
                    "domain": row.get("domain") or row["id"],
                    "lang": row.get("lang") or "",
                    "title": None,
                }
                open_lines = [[text, blank, "n"] for text, blank in lines]
                if 0 < len(open_lines) <= MAX_LINES:
                    yield label_lines(page, f"meta:{name}", "meta", open_lines)


def _rendered(content: str) -> dict[str, Lines]:
    """The renderings that roles are learned from."""
    try:
        made = renderings(content)
        made.pop("ponly", None)
        text = wide(content)
    except (ParserError, ValueError, AttributeError):
        return {}
    made["wide"] = [(line.strip(), False) for line in text.split("\n") if line.strip()]
    return made


def role_lines(lines: Sequence[str], gold: Gold) -> Roles:
    """Which lines have each role, and of which roles that is known."""
    found = np.zeros((len(ROLES), len(lines)), np.bool_)
    known = np.zeros(len(ROLES), np.bool_)
    if gold.title and name_key(gold.title):
        known[0] = _headlines(lines, name_key(gold.title), found[0])
    keys = [key for key in map(name_key, gold.authors) if key]
    if keys:
        known[1] = _bylines(lines, keys, found[1])
    if gold.day:
        known[2] = _times(lines, gold.day, found[2])
    return found, known


def with_readings(
    lines: Sequence[str], stated: Roles | None, named: Mapping[str, frozenset[str] | None]
) -> Roles:
    """What benchmarks state of *lines*, and what readers named, see ``read_role_labels``."""
    if stated is None:
        stated = np.zeros((len(ROLES), len(lines)), np.bool_), np.zeros(len(ROLES), np.bool_)
    found, known = stated[0].copy(), stated[1].copy()
    for number, role in enumerate(ROLES):
        digests = named.get(role)
        if digests is not None:
            found[number] |= [line_digest(line) in digests for line in lines]
            known[number] |= found[number].any() or not digests
    return found, known


def _headlines(lines: Sequence[str], title: str, found: NDArray[np.bool_]) -> bool:
    keys = [_key(line) if len(line) <= HEADLINE_CHARS else "" for line in lines]
    found[:] = [key == title for key in keys]
    if not found.any():
        found[:] = [
            0.75 < len(key) / len(title) < 1.33 and fuzz.ratio(key, title) >= SAME for key in keys
        ]
    return bool(found.any()) or not any(map(_nearly(title), keys))


def _nearly(title: str) -> Any:
    """Whether a line may say the headline otherwise, or with more."""

    def says(key: str) -> bool:
        inside = (len(title) > 12 and title in key) or (len(key) > 15 and key in title)
        return bool(key) and (inside or fuzz.ratio(key, title) >= NEAR)

    return says


def _bylines(lines: Sequence[str], names: list[str], found: NDArray[np.bool_]) -> bool:
    keys = [f" {_key(line)} " if len(line) <= BYLINE_CHARS else "" for line in lines]
    found[:] = [any(f" {name} " in key for name in names) for key in keys]
    surnames = [f" {name.split()[-1]} " for name in names]
    return bool(found.any()) or not any(name in key for key in keys for name in surnames)


def _times(lines: Sequence[str], day: date, found: NDArray[np.bool_]) -> bool:
    days = [local_day(line) if len(line) <= TIME_CHARS else None for line in lines]
    found[:] = [each == day for each in days]
    near = any(each is not None and abs((each - day).days) <= 1 for each in days)
    return bool(found.any()) or not near


@lru_cache(maxsize=1 << 18)
def _key(line: str) -> str:
    return name_key(line)


@lru_cache(maxsize=1 << 16)
def local_day(line: str, order: Order | None = None) -> date | None:
    """The first day that a line prints, see ``find_date``."""
    printed = find_date(line, order) if any(map(str.isdigit, line)) else None
    if printed is None:
        return None
    return (printed.timestamp.instant + timedelta(minutes=printed.timestamp.offset_min or 0)).date()
