"""Site repetition: short lines that occur on many different pages of one site.

blocks ─count_lines─▶ (site, line, page) of each short line, by site
       ─find_repeated─▶ repeated lines of the sites of one shard ─gather_repeated─▶ all of them
                      └── earlier runs' state/lines

A short line on many pages of a site (a menu entry, a teaser, a cookie notice) is boilerplate. Long
lines and sentences are not counted, because AMP pages, reprints and copies share them. Pages with
the same longest line count as one page, whatever their url. Read ``count_lines`` and
``find_repeated`` first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.arrays import lookup, shard_bounds, starts_of_runs, structured
from pipeline.config import Config
from pipeline.passes.reading import counted_records
from pipeline.read.parts import Block
from pipeline.records import Document
from pipeline.staging import LiveCounter, Staging, counter_of
from pipeline.storage import Place, local, place_of
from pipeline.text.lines import Line, split_lines
from pipeline.text.unicode import digest
from pipeline.urls import site_of
from pipeline.version import FORMAT_VERSION
from pipeline.write.parquet import undamaged, write_parquet

MAX_CHARS = 100
"""Maximum characters of a counted line; a longer line may be a sentence of the story."""
MAX_TEXT_CHARS = 1_000_000
MAX_LINES = 1_000
"""Maximum characters and lines of a text; the lines of a larger one are not counted."""
COLUMNS = ("site", "line", "page")
SEEN = np.dtype(list(zip(COLUMNS, ("<u4", "<u8", "<u4"), strict=True)))
"""A line of a page of a site; each is a digest."""

LINES_SCHEMA = pa.schema(
    [pa.field(name, pa.from_numpy_dtype(SEEN[name]), nullable=False) for name in COLUMNS],
    metadata={"newsieve.state": "lines", "newsieve.format_version": str(FORMAT_VERSION)},
)
"""state/lines.parquet: the short lines of a run's pages, ``SEEN``, by site, line and page.

At most ``clean.site_pages`` pages are kept per line. If the run has that many pages of a site,
lines on one page only are left out, because boilerplate would be on others, too.
"""

_CLOSING, _FULL_STOPS = "\"'”’»)]", (".", "!", "?", "…", "。", "！", "？")
"""A line with such an ending is a sentence, as interviews and dialogues have in each story."""
_REMEMBERED = 1 << 16
_PRINTED_HOST = re.compile(
    r"(?:@|\bwww\.)(?P<host>[a-z\d-]{1,63}(?:\.[a-z\d-]{1,63}){1,4})", re.IGNORECASE
)
_ROWS = 1 << 20


def repeated_in(repeated: NDArray[np.uint64], document: Document) -> frozenset[str]:
    """Return the lines of *document* that occur on many pages of its site (``read_repeated``)."""
    page = _page(document) if len(repeated) else None
    if page is None:
        return frozenset()
    found = dict(_short_lines(page))
    known = lookup(repeated, np.fromiter(found.values(), np.uint64, len(found)))[1]
    return frozenset(text for text, repeats in zip(found, known, strict=True) if repeats)


def count_lines(block: Block, config: Config, staging: Staging) -> int:
    """Stage the short lines of *block*, with their sites and pages; return its number."""
    name, counter = f"{block.index:05d}.lines", counter_of(staging.folder)
    if staging.array(name) is None:
        rows = np.fromiter(_line_rows(block, config, counter), SEEN)
        staging.write_array(name, _distinct([rows]))
    else:
        counter.add("surveyed_bytes", block.bytes)
    return block.index


def find_repeated(
    shard: int, shards: int, blocks: Iterable[int], config: Config, staging: Staging
) -> int:
    """Stage the lines that occur on ``clean.site_pages`` or more different pages of a site.

    *blocks* are all of the run, counted; *shard* is one of *shards* of their sites, and returned.
    """
    pages = config.clean.site_pages
    of_block = [staging.array(f"{index:05d}.lines", mmap_mode="r") for index in blocks]
    ours = _distinct(_of_sites(each, shard, shards) for each in of_block if each is not None)
    lines = np.unique(ours["line"])
    paths = map(place_of, staging.read("lines", list[str]()))
    earlier = [_known(path, lines, ours["site"]) for path in paths]
    staging.write_array(f"site_lines.{shard}", _repeated(_distinct([ours, *earlier]), pages))
    staging.write_array(f"kept_lines.{shard}", _worth_keeping(ours, pages))
    return shard


def gather_repeated(shards: int, staging: Staging) -> None:
    """Merge the results of ``find_repeated``; the result is the same for any number of shards."""

    def staged(name: str) -> Iterator[NDArray[Any]]:
        found = (staging.array(f"{name}.{shard}") for shard in range(shards))
        return (each for each in found if each is not None)

    staging.write_array("site_lines", np.sort(np.concatenate([*staged("site_lines")])))
    tables = (
        pa.table({name: each[name] for name in COLUMNS}, schema=LINES_SCHEMA)
        for each in staged("kept_lines")
    )
    path = staging.result / "state" / "lines.parquet"
    write_parquet(path, LINES_SCHEMA, tables, _ROWS, differences=("page",))


def read_repeated(staging: Staging) -> NDArray[np.uint64]:
    """Read which lines repeat: uint64, ascending; none if nothing was counted."""
    found = staging.array("site_lines")
    return np.empty(0, np.uint64) if found is None else found


class _Page(NamedTuple):
    """A text of a known site."""

    site: str
    lines: list[Line]

    @property
    def name(self) -> str:
        """The longest line, which identifies the page whatever its url."""
        return max((line.text for line in self.lines), key=len)


def _line_rows(
    block: Block, config: Config, counter: LiveCounter
) -> Iterator[tuple[int, int, int]]:
    for part in block.parts:
        for record in counted_records(part, config, counter, "surveyed_bytes"):
            page = _page(record) if isinstance(record, Document) else None
            if page is not None:
                site, number = _digest(page.site, 4), _digest(page.name, 4)
                for _, line in _short_lines(page):
                    yield site, line, number


def _page(document: Document) -> _Page | None:
    """Split a plain text of a known site into lines; None for any other document."""
    if document.media_type != "text/plain":
        return None
    lines = split_lines(document.content[:MAX_TEXT_CHARS])[:MAX_LINES]
    site = document.site or _printed_site(lines)
    if site is None or not lines:
        return None
    return _Page(site, lines)


def _printed_site(lines: list[Line]) -> str | None:
    """Return the site of the urls in the short lines of a text, if there is exactly one."""
    found: set[str] = set()
    for line in lines:
        if len(line.text) <= MAX_CHARS and "." in line.text:
            hosts = (match["host"].casefold() for match in _PRINTED_HOST.finditer(line.text))
            sites = (site_of(f"https://{host}/") for host in hosts)
            found.update(site for site in sites if site)
    return found.pop() if len(found) == 1 else None


def _short_lines(page: _Page) -> Iterator[tuple[str, int]]:
    """Yield the short lines of a page, each with the digest of site and line."""
    for line in page.lines:
        number = _short_line(page.site, line.text) if len(line.text) <= MAX_CHARS else None
        if number is not None:
            yield line.text, number


@lru_cache(_REMEMBERED)
def _short_line(site: str, text: str) -> int | None:
    """Return the digest of *site* and a line; None if the line is a sentence."""
    if text.rstrip(_CLOSING).endswith(_FULL_STOPS):
        return None
    return _digest(f"{site}\n{text.casefold()}", 8)


def _digest(text: str, size: int) -> int:
    return int.from_bytes(digest(text, size), "little")


def _of_sites(rows: NDArray[np.void], shard: int, shards: int) -> NDArray[np.void]:
    """Return those of *rows* (sorted by site) whose sites belong to a shard."""
    first, end = np.searchsorted(rows["site"], shard_bounds(shards)[shard : shard + 2])
    return np.array(rows[first:end])


def _known(path: Place, lines: NDArray[np.uint64], sites: NDArray[np.uint32]) -> NDArray[np.void]:
    """Read the rows of an earlier run about *lines* of *sites*; both are ascending."""
    if not len(sites):
        return np.empty(0, SEEN)
    near = [("site", ">=", int(sites[0])), ("site", "<=", int(sites[-1]))]
    with undamaged(path):
        table = pq.read_table(local(path), use_threads=False, filters=near)
    column = table["line"].to_numpy()
    chosen = np.flatnonzero(lookup(lines, column)[1])
    return structured(SEEN, *(table[name].to_numpy()[chosen] for name in COLUMNS))


def _distinct(portions: Iterable[NDArray[np.void]]) -> NDArray[np.void]:
    rows = np.concatenate([np.empty(0, SEEN), *portions])
    rows = rows[np.lexsort((rows["page"], rows["line"], rows["site"]))]
    return rows[starts_of_runs(rows)]


def _repeated(rows: NDArray[np.void], pages: int) -> NDArray[np.uint64]:
    lines, counts = np.unique(rows["line"], return_counts=True)
    found: NDArray[np.uint64] = lines[counts >= pages]
    return found


def _worth_keeping(rows: NDArray[np.void], pages: int) -> NDArray[np.void]:
    """Return those of the distinct *rows* that later runs need (``LINES_SCHEMA``)."""
    _, first, place, counts = np.unique(
        rows["line"], return_index=True, return_inverse=True, return_counts=True
    )
    visited = np.unique(rows["site"].astype(np.uint64) << np.uint64(32) | rows["page"])
    sites, numbers = np.unique(visited >> np.uint64(32), return_counts=True)
    many = numbers[np.searchsorted(sites, rows["site"])] >= pages
    few = np.arange(len(rows)) - first[place] < pages
    found: NDArray[np.void] = rows[few & ~((counts[place] == 1) & many)]
    return found
