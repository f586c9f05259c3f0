"""The blocks of text of a page, as a reader sees them, and their containers: ``read_blocks``.

    tree ─read_blocks─▶ blocks in reading order · containers, each a run of blocks

A container is stored as the run of blocks inside it, so its statistics are differences of
cumulative sums; the tree is walked once. ``compare`` measures how much of each block an
extraction contains, by shared word n-grams.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np
from lxml.etree import _Element, iterwalk
from numpy.typing import NDArray

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
        texts: as ``text.unicode.normalize`` leaves them; none is empty.
        linked: characters of each that are links.
        own: flags of the element that holds the block.
        near: flags of that element and the next two around it.
        around: flags of all elements around it, but for ``<body>``.
        holders: the number of the innermost container.
        tables: the number, from 1, of the data table of which the block is a row; else 0.
        articles: the number, from 1, of the outermost ``<article>`` around the block; else 0.
        parents, starts, ends: of each container, the number of the one around it (-1 for none)
            and the run of blocks that it holds.
    """

    texts: list[str] = field(default_factory=list)
    linked: list[int] = field(default_factory=list)
    own: list[int] = field(default_factory=list)
    near: list[int] = field(default_factory=list)
    around: list[int] = field(default_factory=list)
    holders: list[int] = field(default_factory=list)
    tables: list[int] = field(default_factory=list)
    articles: list[int] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)


LINE_BREAK = "\u2028"
"""Divides the lines of a block that has several, as program code has."""
CELL = " | "
"""Between the cells of a table's row."""


class _Reader:
    """Collects blocks while a tree is walked."""

    def __init__(self) -> None:
        self.blocks = Blocks()
        self.buffer: list[str] = []
        self.link_depth = 0
        self.link_chars = 0
        self.table = 0
        self.tables = 0
        """The data table that is being read, 0 outside; and how many there were."""
        self.articles = self.article_depth = 0
        self.in_row = False
        self.verbatim = 0
        self.stack: list[tuple[int, int, int, int]] = []
        """Of each open block element: container, own, near, around."""

    def add(self, text: str | None) -> None:
        """Take *text* into the block that is being read."""
        if text:
            self.buffer.append(text)
            if self.link_depth:
                self.link_chars += len(text.strip())

    def flush(self) -> None:
        """End the block that is being read."""
        if self.buffer:
            raw = "".join(self.buffer)
            self.buffer.clear()
            texts = _verbatim(raw) if self.verbatim else [_joined(raw)]
            if self.stack:
                for text in texts:
                    self._store(text)
            self.link_chars = 0

    def _store(self, text: str) -> None:
        if not text or (self.in_row and not text.strip(CELL)):
            return
        blocks = self.blocks
        container, own, near, around = self.stack[-1]
        blocks.texts.append(text)
        blocks.linked.append(min(self.link_chars, len(text)))
        blocks.own.append(own)
        blocks.near.append(near)
        blocks.around.append(around)
        blocks.holders.append(container)
        blocks.tables.append(self.table)
        blocks.articles.append(self.articles if self.article_depth else 0)

    def open(self, element: _Element, tag: str) -> None:
        """Begin a block element."""
        self.flush()
        own = _flags(tag, dict(element.items()))
        above = self.stack[-1] if self.stack else (-1, 0, 0, 0)
        beyond = self.stack[-2][1] if len(self.stack) > 1 else 0
        if tag in ("body", "html"):
            own = 0
        blocks = self.blocks
        blocks.parents.append(above[0])
        blocks.starts.append(len(blocks.texts))
        blocks.ends.append(0)
        near, around = own | above[1] | beyond, own | above[3]
        self.stack.append((len(blocks.parents) - 1, own, near, around))
        if tag == "table" and is_data_table(element):
            self.tables += 1
            self.table = self.tables
        self.in_row = bool(self.table) and tag == "tr"
        self.verbatim += tag == "pre"
        if tag == "article":
            self.articles += self.article_depth == 0
            self.article_depth += 1

    def close(self, tag: str) -> None:
        """End a block element."""
        self.flush()
        if tag == "table":
            self.table = 0
        self.in_row = False
        self.verbatim -= tag == "pre"
        self.article_depth -= tag == "article"
        self.blocks.ends[self.stack.pop()[0]] = len(self.blocks.texts)

    def within_row(self, tag: str, *, start: bool) -> None:
        """Meet the start or end of an element of a table's row: it is one line."""
        self.add(CELL if start and tag in ("td", "th") and self.buffer else " ")


def _joined(raw: str) -> str:
    text = " ".join(raw.split())
    return normalize(text) if text else ""


def _verbatim(raw: str) -> list[str]:
    """The blocks of ``<pre>``: hard-wrapped prose by paragraphs, anything else line by line."""
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
    """Whether *table* holds data, and is no layout of the page, a menu or a form."""
    if table.get("role") in ("presentation", "none"):
        return False
    rows = list(table.iter("tr"))[: MAX_ROWS + 1]
    if not MIN_ROWS <= len(rows) <= MAX_ROWS or next(table.iter(*_NO_DATA), None) is not None:
        return False
    if sum(1 for _ in table.iter("table")) > 1:
        return False
    wide = 0
    for row in rows:
        cells = [cell for cell in row if cell.tag in ("td", "th")]
        wide += len(cells) > 1
        if any(len("".join(cell.itertext())) > MAX_CELL_CHARS for cell in cells):
            return False
    return 2 * wide > len(rows)


def _flags(tag: str, attributes: dict[str, str]) -> int:
    """The flags of an element."""
    if not attributes:
        return mask_of(tag, "", "", "")
    get = attributes.get
    names = " ".join(filter(None, (get("class"), get("id"), get("itemprop"))))[:300]
    style = "display:none" if "hidden" in attributes else get("style", "")[:200]
    return mask_of(tag, names, get("role", ""), style)


def read_blocks(root: _Element) -> Blocks:
    """Read the blocks of the page *root*, which stays as it is."""
    reader = _Reader()
    walk = iterwalk(root, events=("start", "end", "comment", "pi"))
    for event, element in walk:
        tag = element.tag
        if event == "start":
            if tag in SKIPPED_TAGS:
                walk.skip_subtree()
            elif tag in BLOCK_TAGS and not reader.in_row:
                reader.open(element, tag)
                reader.add(element.text)
            else:
                _start_inline(reader, element, tag)
            continue
        if event == "end":
            if tag in BLOCK_TAGS and (tag == "tr" or not reader.in_row):
                reader.close(tag)
            elif tag in BLOCK_TAGS:
                reader.within_row(tag, start=False)
            elif tag == "a":
                reader.link_depth = max(reader.link_depth - 1, 0)
        reader.add(element.tail)
    reader.flush()
    return reader.blocks


def _start_inline(reader: _Reader, element: _Element, tag: str) -> None:
    if reader.in_row and (tag in BLOCK_TAGS or tag == "br"):
        reader.within_row(tag, start=True)
    elif tag == "br" and reader.verbatim:
        reader.add("\n")
    elif tag == "br":
        reader.flush()
    elif tag == "a":
        reader.link_depth += 1
    reader.add(element.text)


BLOCK_TAGS = frozenset(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset "
    "figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav "
    "ol p pre section summary table tbody td tfoot th thead tr ul".split()
)
"""Elements that begin and end a line of text; all others are within one."""

SKIPPED_TAGS = frozenset(
    "audio button canvas datalist embed head iframe input map math meter noembed noframes noscript "
    "object option progress script select style svg template textarea video".split()
)
"""Elements whose content is no text of the page."""

TAG_FLAGS = (
    "aside", "header", "footer", "form", "figure", "figcaption", "table", "blockquote", "p",
    "li", "td", "pre", "h1",
)  # fmt: skip

HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})

WORDS = {
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
"""Kind → what class, id, role or itemprop of an element hold, in lower case."""

NAMES = {
    "comments": r"(?:^|[-_])(?:user-?|reader-?)?comments?(?:$|[-_])|disqus|^respond$",
    "consent": r"cookie|consent|gdpr|onetrust|didomi|usercentrics",
    "wall": r"(?:pay-?wall|regwall|subscri\w*|newsletter|sign-?up|meter)[-_]*"
    r"(?:box|notice|message|prompt|overlay|cta|banner|promo|offer|modal|teaser|barrier|form|wall)",
    "captioned": r"caption(?!ed)|(?:photo|image|img|picture)[-_]*credits?",
}
"""Kind → what a name that means it for certain holds; the model does not know of these."""

_PATTERNS = tuple(re.compile(pattern) for pattern in (*WORDS.values(), *NAMES.values()))

_ROLES = {
    "navigation": "nav", "complementary": "aside", "contentinfo": "footer", "banner": "header",
    "search": "nav",
}  # fmt: skip

FLAGS = (*TAG_FLAGS, "heading", "hidden_now", "article_body", *WORDS, *NAMES)
"""Names of the bits of a mask, from the lowest."""
_BIT = {name: 1 << place for place, name in enumerate(FLAGS)}
_WORD_BITS = tuple(_BIT[kind] for kind in (*WORDS, *NAMES))


def mask_with(*flags: str) -> int:
    """The bit mask that has *flags*, names from ``FLAGS``, and no others."""
    return sum(_BIT[flag] for flag in flags)


HEADING, MENU, H1 = mask_with("heading"), mask_with("nav"), mask_with("h1")
ELSEWHERE = mask_with("aside", "footer", "blockquote", "figure", "figcaption", "comments")
"""Parts of a page whose lines say nothing of its story as a whole."""

_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden")


@lru_cache(maxsize=20_000)
def mask_of(tag: str, names: str, role: str, style: str) -> int:
    """The flags of an element as a bit mask; *names* are its class, id and itemprop."""
    mask = _BIT.get(tag, 0)
    if tag in HEADINGS:
        mask |= _BIT["heading"]
    if role in _ROLES:
        mask |= _BIT[_ROLES[role]]
    if style and _HIDDEN.search(style):
        mask |= _BIT["hidden_now"]
    for name in names.lower().split():
        mask |= _named(name)
    return mask


@lru_cache(maxsize=20_000)
def _named(name: str) -> int:
    """The flags that a single *name* indicates; cached, as matching is slow and names recur."""
    mask = _BIT["article_body"] if "articlebody" in name else 0
    for pattern, bit in zip(_PATTERNS, _WORD_BITS, strict=True):
        if pattern.search(name):
            mask |= bit
    return mask


Hashes = NDArray[np.uint64]
EXTRACTIONS = ("first", "second", "stated")
"""Names of the extractions: trafilatura, resiliparse, ``articleBody`` of JSON-LD."""
GRAM = 3
"""Words of an n-gram."""


@dataclass(frozen=True, eq=False)
class Measured:
    """The words of a page's blocks, and how much of each an extraction shares.

    Attributes:
        words: float64[blocks], logarithms are taken elsewhere.
        shares: float64[blocks, EXTRACTIONS], of a block's words.
        found: share of each extraction's n-grams found in the blocks; 0 when it has none.
        sizes: words of each extraction.
        mutual: of each pair of extractions (first, second), (second, first), (first, stated),
            (stated, first), the share of the one's words in the other.
    """

    words: NDArray[np.float64]
    shares: NDArray[np.float64]
    found: tuple[float, ...]
    sizes: tuple[int, ...]
    mutual: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Grams:
    """The n-grams of ``GRAM`` words of some texts.

    Attributes:
        values, owners: of each run its number, and the text that contains it; the same run has
            the same number in all groups that were made together.
        numbers: how many there are.
        counts, lines: of each text the number of words, and a hash of all of them.
    """

    values: NDArray[np.int64]
    owners: NDArray[np.int64]
    numbers: int
    counts: NDArray[np.int64]
    lines: Hashes

    @cached_property
    def known(self) -> NDArray[np.bool_]:
        """Of each number, whether one of the texts has that run."""
        known = np.zeros(self.numbers, np.bool_)
        known[self.values] = True
        return known

    def shares_in(self, others: Grams) -> NDArray[np.float64]:
        """Share of each text's runs that *others* have; 1 where one of them is the same text."""
        count = len(self.counts)
        hits = np.bincount(self.owners, weights=others.known[self.values], minlength=count)
        lines = frozenset(others.lines.tolist())
        whole = np.array([line in lines for line in self.lines.tolist()]) & (self.counts > 0)
        runs = np.bincount(self.owners, minlength=count)
        shares: NDArray[np.float64] = np.maximum(hits / np.maximum(runs, 1), whole)
        return shares

    def share_in(self, others: Grams) -> float:
        """Share of all runs that *others* have; 0 when there is none."""
        return float(others.known[self.values].sum()) / max(len(self.values), 1)


def grams_of(*groups: Sequence[str]) -> list[Grams]:
    """Number the runs of words of each of *groups* of texts; none reaches from text to text."""
    hashed = hash_words([text for texts in groups for text in texts])
    values, offsets = hashed.values, hashed.offsets
    counts = np.diff(offsets)
    owners = np.repeat(np.arange(len(counts)), counts)
    within = np.arange(len(values)) - offsets[:-1][owners]
    lines = np.zeros(len(counts), np.uint64)
    np.add.at(lines, owners, mix(values + within.astype(np.uint64)))
    runs, starts = _runs(values, owners)
    distinct, numbers = np.unique(runs, return_inverse=True)
    found = []
    first = 0
    for texts in groups:
        last = first + len(texts)
        begin, end = np.searchsorted(starts, (first, last)).tolist()
        own = starts[begin:end] - first
        group = (numbers[begin:end], own, len(distinct), counts[first:last], lines[first:last])
        found.append(Grams(*group))
        first = last
    return found


def _runs(values: Hashes, owners: NDArray[np.int64]) -> tuple[Hashes, NDArray[np.int64]]:
    """Hashes of runs of ``GRAM`` words within one text, and the text of each."""
    if len(values) < GRAM:
        return np.empty(0, np.uint64), np.empty(0, np.int64)
    runs = values[: 1 - GRAM].copy()
    for step in range(1, GRAM):
        runs = mix(runs) + values[step : len(values) + 1 - GRAM + step]
    inside = owners[: 1 - GRAM] == owners[GRAM - 1 :]
    return runs[inside], owners[: 1 - GRAM][inside]


def compare(texts: Sequence[str], extractions: Sequence[str]) -> Measured:
    """Compare blocks with *extractions*, one for each of ``EXTRACTIONS``; empty if missing."""
    blocks, *extracted = grams_of(texts, *(text.split("\n") for text in extractions))
    pairs = ((0, 1), (1, 0), (0, 2), (2, 0))
    return Measured(
        blocks.counts.astype(np.float64),
        np.stack([blocks.shares_in(each) for each in extracted], axis=1),
        tuple(each.share_in(blocks) for each in extracted),
        tuple(int(each.counts.sum()) for each in extracted),
        tuple(extracted[a].share_in(extracted[b]) for a, b in pairs),
    )
