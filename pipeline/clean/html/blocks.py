"""The blocks of text of a page, as a reader sees them, and their containers: ``read_blocks``.

    tree ─read_blocks─▶ blocks in reading order · containers, each a run of blocks

A container is stored as the run of blocks inside it, so its statistics are differences of
cumulative sums; the tree is walked once. ``compare`` measures how much of each block an
extraction contains, by shared word n-grams.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from lxml.etree import _Element, iterwalk
from numpy.typing import NDArray

from pipeline.arrays import lookup
from pipeline.text.tokens import hash_words, mix
from pipeline.text.unicode import normalize

LEVELS = 5
"""Containers of each block that get features of their own, from the innermost outwards."""
PROSE_CHARS = 45
"""Minimum median length of the lines of ``<pre>`` for it to be hard-wrapped prose."""
MIN_ROWS, MAX_ROWS, MAX_CELL_CHARS = 2, 1_000, 200
"""Rows of a data table, and characters of its longest cell."""
_NO_DATA = ("form", "input", "select", "textarea", "iframe", "h1")
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")


@dataclass(slots=True)
class Blocks:
    """The blocks of a page; the lists run in parallel.

    Attributes:
        texts: normalized by ``text.unicode.normalize``; never empty.
        linked: number of characters inside links.
        own: flags of the element that contains the block.
        near: flags of that element and its two nearest ancestors.
        around: flags of that element and all ancestors except ``<body>`` and ``<html>``.
        holders: index of the innermost container.
        tables: index of the data table of which the block is a row; -1 if none.
        articles: index of the outermost ``<article>`` around the block; -1 if none.
        lists: index of the outermost ``<ul>`` or ``<ol>`` around the block; -1 if none.
        entries: index of the innermost ``<li>`` around the block; -1 if none.
        parents, starts, ends: per container, the index of its parent (-1 if none) and its blocks
            [start, end).
    """

    texts: list[str]
    linked: list[int]
    own: list[int]
    near: list[int]
    around: list[int]
    holders: list[int]
    tables: list[int]
    articles: list[int]
    lists: list[int]
    entries: list[int]
    parents: list[int]
    starts: list[int]
    ends: list[int]

    def elsewhere(self, n: int) -> bool:
        """Whether block *n* is in a part of the page whose dates and names are not the story's."""
        return bool(self.around[n] & ELSEWHERE or self.near[n] & MENU)

    def in_masthead(self, n: int, headline: int) -> bool:
        """Whether block *n* is in the head of the site, where the day of the visit is printed.

        That is a header without the block *headline*, or what stands above a menu.
        """
        own = self.around[headline] if self.articles[n] == self.articles[headline] else 0
        return bool(
            self.around[n] & MASTHEAD & ~own
            or any(near & MENU for near in self.near[n + 1 : headline])
        )


LINE_BREAK = "\u2028"
"""Separates the lines of a block that has several, such as program code."""
CELL = " | "
"""Separates the cells of a table row."""


class _Open(NamedTuple):
    """What an open block element says of the blocks in it: ``Blocks.own`` to ``Blocks.entries``."""

    own: int = 0
    near: int = 0
    around: int = 0
    holder: int = -1
    table: int = -1
    article: int = -1
    list: int = -1
    entry: int = -1
    verbatim: bool = False


class _Reader:
    """Collects blocks while a tree is walked."""

    def __init__(self) -> None:
        self.found: list[tuple[Any, ...]] = []
        """The blocks so far, as rows of the first ten lists of ``Blocks``."""
        self.containers: list[list[int]] = []
        """Parent, start and end of each container so far."""
        self.stack = [_Open(), _Open()]
        self.buffer: list[str] = []
        self.link_depth = self.link_chars = 0
        self.in_row = False

    def add(self, text: str | None) -> None:
        """Append *text* to the current block."""
        if text:
            self.buffer.append(text)
            if self.link_depth:
                self.link_chars += len(text.strip())

    def flush(self) -> None:
        """End the current block."""
        if not self.buffer:
            return
        raw, around = "".join(self.buffer), self.stack[-1]
        self.buffer.clear()
        for text in _verbatim(raw) if around.verbatim else [_joined(raw)]:
            if around.holder >= 0 and text and not (self.in_row and not text.strip(CELL)):
                self.found.append((text, min(self.link_chars, len(text)), *around[:-1]))
        self.link_chars = 0

    def open(self, element: _Element, tag: str) -> None:
        """Begin a block element."""
        self.flush()
        names = " ".join(filter(None, map(element.get, ("class", "id", "itemprop"))))[:300]
        own = 0 if tag in ("body", "html") else mask_of(tag, names, element.get("role", ""))
        beyond, above = self.stack[-2:]
        here = len(self.containers)
        data = tag == "table" and is_data_table(element)
        opened = _Open(
            own,
            near=own | above.own | beyond.own,
            around=own | above.around,
            holder=here,
            table=here if data else above.table,
            article=here if tag == "article" and above.article < 0 else above.article,
            list=here if tag in ("ul", "ol") and above.list < 0 else above.list,
            entry=here if tag == "li" else above.entry,
            verbatim=above.verbatim or tag == "pre",
        )
        self.stack.append(opened)
        self.containers.append([above.holder, len(self.found), 0])
        self.in_row = opened.table >= 0 and tag == "tr"

    def close(self) -> None:
        """End a block element."""
        self.flush()
        self.in_row = False
        self.containers[self.stack.pop().holder][2] = len(self.found)


def _joined(raw: str) -> str:
    text = " ".join(raw.split())
    return normalize(text) if text else ""


def _verbatim(raw: str) -> list[str]:
    """The blocks of ``<pre>``: paragraphs of hard-wrapped prose; anything else is one block."""
    lines = raw.expandtabs(4).split("\n")
    lengths = sorted(len(line.strip()) for line in lines if line.strip())
    if not lengths or len(lengths) == 1 or lengths[len(lengths) // 2] >= PROSE_CHARS:
        return [_joined(part) for part in _BLANK_LINE.split(raw)]
    kept = [line.rstrip() for line in lines if line.strip()]
    margin = min(len(line) - len(line.lstrip()) for line in kept)
    indents = [len(line) - len(line.lstrip()) - margin for line in kept]
    pairs = zip(indents, map(normalize, kept), strict=True)
    return [LINE_BREAK.join(" " * indent + line for indent, line in pairs)]


def is_data_table(table: _Element) -> bool:
    """Whether *table* holds data, rather than page layout, a menu or a form."""
    if table.get("role") in ("presentation", "none"):
        return False
    rows = list(table.iter("tr"))[: MAX_ROWS + 1]
    if not MIN_ROWS <= len(rows) <= MAX_ROWS or next(table.iter(*_NO_DATA), None) is not None:
        return False
    if sum(1 for _ in table.iter("table")) > 1:
        return False
    cells = [[cell for cell in row if cell.tag in ("td", "th")] for row in rows]
    if any(len("".join(each.itertext())) > MAX_CELL_CHARS for row in cells for each in row):
        return False
    return 2 * sum(len(row) > 1 for row in cells) > len(rows)


def read_blocks(root: _Element) -> Blocks:
    """Read the blocks of the page *root*, without changing it."""
    reader = _Reader()
    walk = iterwalk(root, events=("start", "end", "comment", "pi"))
    for event, element in walk:
        tag = element.tag
        block = tag in BLOCK_TAGS
        if event == "start" and tag in SKIPPED_TAGS:
            walk.skip_subtree()
        elif event == "start":
            if block and not reader.in_row:
                reader.open(element, tag)
            elif reader.in_row and (block or tag == "br"):  # a row of a table is one line
                reader.add(CELL if tag in ("td", "th") and reader.buffer else " ")
            elif tag == "br" and reader.stack[-1].verbatim:
                reader.add("\n")
            elif tag == "br":
                reader.flush()
            elif tag == "a":
                reader.link_depth += 1
            reader.add(element.text)
        else:
            if block and (tag == "tr" or not reader.in_row):
                reader.close()
            elif block:
                reader.add(" ")
            elif tag == "a":
                reader.link_depth = max(reader.link_depth - 1, 0)
            reader.add(element.tail)
    reader.flush()
    return Blocks(*_columns(reader.found, 10), *_columns(reader.containers, 3))


def _columns(rows: Sequence[Sequence[Any]], count: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(count)]


BLOCK_TAGS = frozenset(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset "
    "figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav "
    "ol p pre section summary table tbody td tfoot th thead tr ul".split()
)
"""Elements that begin and end a line of text; all others are inline."""

SKIPPED_TAGS = frozenset(
    "audio button canvas datalist embed head iframe input map math meter noembed noframes noscript "
    "object option progress script select style svg template textarea video".split()
)
"""Elements whose content is not shown as text."""

TAG_FLAGS = (
    "aside", "header", "footer", "form", "figure", "figcaption", "table", "blockquote", "p",
    "li", "td", "pre", "h1",
)  # fmt: skip

HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})

WORDS = {
    "article_body": "articlebody",
    "comment": "comment|disqus|repl(?:y|ies)|respon[ds]|discussion|livefyre|talkback|feedback",
    "related": "relat|recommend|similar|read-?(?:next|more|also)|(?:more|next)[-_]|popular|trend"
    "|outbrain|taboola|suggest|promo|teaser|latest|recirc|further|also|mostread|most-|interest",
    "share": "shar(?:e|ing)|social|follow|facebook|twitter|addthis|whatsapp|bookmark|print|email",
    "nav": "nav|menu|crumb|pager|paginat|toolbar|tabs|skip|toc\\b|sitemap|search",
    "foot": "foot|copyright|legal|disclaim|colophon|imprint|bottom|after",
    "side": "side|rail|widget|secondary|right|left|tertiary|panel|module|box",
    "head": "head(?!line)|masthead|banner|topbar|logo|brand",
    "lead": "dek|standfirst|sub-?(?:title|head)|summary|lead|lede|excerpt|abstract|intro|chapo"
    "|deck|descri|teaser-text|perex|bajada|sommaire",
    "caption": "caption|image|img|photo|picture|gallery|slide|video|player|media|thumb",
    "ad": "\\bads?\\b|ad[-_]|[-_]ad\\b|advert|sponsor|commercial|dfp|affiliat|deal|product|shop"
    "|price|buy|offer",
    "account": "newsletter|subscri|sign-?(?:up|in)|regist|paywall|log-?in|premium|donat|member"
    "|cookie|consent|gdpr|modal|popup|overlay|optin|cta\\b|callout|alert",
    "tag": "tag|keyword|topic|categor|label|kicker|rubri|section-name",
    "body": "(?:article|story|post|entry|content|news|text|main|page|item|single|detail)[-_]*"
    "(?:body|content|text|copy|inner|html)|bodytext|body[-_]|[-_]body|rich-?text|prose|paragraph"
    "|maincontent|wysiwyg|copy\\b|fulltext",
}
"""Flag → pattern of a class, id or itemprop (lower case) that suggests it."""

NAMES = {
    "comments": r"(?:^|[-_])(?:user-?|reader-?)?comments?(?:$|[-_])|disqus|^respond$",
    "consent": r"cookie|consent|gdpr|onetrust|didomi|usercentrics",
    "wall": r"(?:pay-?wall|regwall|subscri\w*|newsletter|sign-?up|meter)[-_]*"
    r"(?:box|notice|message|prompt|overlay|cta|banner|promo|offer|modal|teaser|barrier|form|wall)",
    "masthead": r"(?:^|[-_])(?:masthead|(?:top|utility)-?bar|(?:site|main|global)-?header"
    r"|header-?top|top-?header|(?:current|todays?)-?date|today)(?:$|[-_])",
    "captioned": r"caption(?!ed)|(?:photo|image|img|picture)[-_]*credits?",
}
"""Flag → pattern of a class, id or itemprop (lower case) that is certain enough for a rule."""

_PATTERNS = {flag: re.compile(pattern) for flag, pattern in (WORDS | NAMES).items()}

_ROLES = {
    "navigation": "nav", "complementary": "aside", "contentinfo": "footer", "banner": "header",
    "search": "nav",
}  # fmt: skip

FLAGS = (*TAG_FLAGS, "heading", *WORDS, *NAMES)
"""Names of the bits of a mask, lowest bit first."""
_BIT = {name: 1 << place for place, name in enumerate(FLAGS)}


def mask_with(*flags: str) -> int:
    """The bit mask of *flags*, which are names from ``FLAGS``."""
    return sum(_BIT[flag] for flag in flags)


MASTHEAD = mask_with("header", "masthead")
HEADING, MENU, H1 = mask_with("heading"), mask_with("nav"), mask_with("h1")
ELSEWHERE = mask_with("aside", "footer", "blockquote", "figure", "figcaption", "comments")


@lru_cache(maxsize=20_000)
def mask_of(tag: str, names: str, role: str) -> int:
    """The flags of an element as a bit mask; *names* are its class, id and itemprop."""
    mask = _BIT.get(tag, 0)
    if tag in HEADINGS:
        mask |= _BIT["heading"]
    if role in _ROLES:
        mask |= _BIT[_ROLES[role]]
    for name in names.lower().split():
        mask |= _named(name)
    return mask


@lru_cache(maxsize=20_000)
def _named(name: str) -> int:
    """The flags that a single *name* indicates; cached because matching is slow and names recur."""
    return sum(_BIT[flag] for flag, pattern in _PATTERNS.items() if pattern.search(name))


EXTRACTIONS = ("first", "second")
"""Names of the extractions: trafilatura, resiliparse."""
GRAM = 3
"""Words of an n-gram."""


@dataclass(frozen=True, eq=False)
class Measured:
    """Word counts of a page's blocks, and their overlap with the extractions.

    Attributes:
        words: float64[blocks].
        shares: float64[blocks, EXTRACTIONS], share of a block's n-grams in each extraction.
        found: share of each extraction's n-grams found in the blocks; 0 if it is empty.
        sizes: words of each extraction.
        mutual: share of the first extraction's n-grams in the second, and vice versa.
    """

    words: NDArray[np.float64]
    shares: NDArray[np.float64]
    found: tuple[float, ...]
    sizes: tuple[int, ...]
    mutual: tuple[float, float]


class Grams:
    """The n-grams (``GRAM`` words) of a group of texts; no n-gram spans two texts.

    Attributes:
        lines: the hashed words of each text, as bytes.
        counts: number of words of each text.
        grams, owners: hash of each n-gram, and the index of its text.
        sorted: the hashes in ascending order.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        hashed = hash_words(texts)
        values, offsets = hashed.values, hashed.offsets
        self.lines = [values[start:end].tobytes() for start, end in pairwise(offsets.tolist())]
        self.counts = np.diff(offsets)
        owners = np.repeat(np.arange(len(texts)), self.counts)
        grams = values[: max(len(values) + 1 - GRAM, 0)]
        for step in range(1, GRAM):
            grams = mix(grams) + values[step : step + len(grams)]
        inside = owners[: len(grams)] == owners[GRAM - 1 :][: len(grams)]
        self.grams, self.owners = grams[inside], owners[: len(grams)][inside]
        self.sorted = np.sort(self.grams)

    def among(self, others: Grams) -> NDArray[np.bool_]:
        """Whether *others* have each n-gram."""
        return lookup(others.sorted, self.grams)[1]

    def shares_in(self, others: Grams) -> NDArray[np.float64]:
        """Share of each text's n-grams that *others* have; 1 if one of them is the same text."""
        same = frozenset(filter(None, others.lines))
        known, count = self.among(others), len(self.lines)
        runs = np.bincount(self.owners, minlength=count)
        shares: NDArray[np.float64] = np.bincount(self.owners, known, count) / np.maximum(runs, 1)
        return np.maximum(shares, [line in same for line in self.lines])

    def share_in(self, others: Grams) -> float:
        """Share of all n-grams that *others* have; 0 if there are none."""
        return float(self.among(others).sum()) / max(len(self.grams), 1)


def compare(texts: Sequence[str], extractions: Sequence[str]) -> Measured:
    """Compare blocks with *extractions*, one for each of ``EXTRACTIONS``; empty if missing."""
    blocks, first, second = map(Grams, (texts, *(text.split("\n") for text in extractions)))
    return Measured(
        blocks.counts.astype(np.float64),
        np.stack([blocks.shares_in(each) for each in (first, second)], axis=1),
        tuple(each.share_in(blocks) for each in (first, second)),
        tuple(int(each.counts.sum()) for each in (first, second)),
        (first.share_in(second), second.share_in(first)),
    )
