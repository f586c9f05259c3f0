"""The lines of a page as a reader sees them, each with the containers that hold it.

    tree ─read_blocks─▶ blocks in reading order · containers, each a run of blocks

A container is known by the run of blocks that it holds: what stands in it is found by sums
over runs, without another look at the tree.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lxml.etree import _Element, iterwalk

from pipeline.clean.html.hints import BLOCK_TAGS, SKIPPED_TAGS, mask_of
from pipeline.text.unicode import normalize

LEVELS = 5
"""Containers around a block that are told apart, each holding more than the one before."""


@dataclass(slots=True)
class Blocks:
    """The blocks of a page; the lists run in parallel.

    Attributes:
        texts: as ``text.unicode.normalize`` leaves them; none is empty.
        linked: characters of each that are links.
        own: flags of the element that holds the block.
        near: flags of that element and the next two around it.
        around: flags of all elements around it, but for ``<body>``.
        broken: whether only a ``<br>`` divides the block from the one before.
        depths: elements around it.
        holders: the number of the innermost container.
        parents, starts, ends: of each container, the number of the one around it (-1 for none)
            and the run of blocks that it holds.
    """

    texts: list[str] = field(default_factory=list)
    linked: list[int] = field(default_factory=list)
    own: list[int] = field(default_factory=list)
    near: list[int] = field(default_factory=list)
    around: list[int] = field(default_factory=list)
    broken: list[bool] = field(default_factory=list)
    depths: list[int] = field(default_factory=list)
    holders: list[int] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)


class _Reader:
    """Collects blocks while a tree is walked."""

    def __init__(self) -> None:
        self.blocks = Blocks()
        self.buffer: list[str] = []
        self.link_depth = 0
        self.link_chars = 0
        self.broken = False
        self.stack: list[tuple[int, int, int, int]] = []
        """Of each open block element: container, own, near, around."""

    def add(self, text: str | None) -> None:
        """Take *text* into the block that is being read."""
        if text:
            self.buffer.append(text)
            if self.link_depth:
                self.link_chars += len(text.strip())

    def flush(self, *, broken: bool = False) -> None:
        """End the block that is being read."""
        if self.buffer:
            text = " ".join("".join(self.buffer).split())
            self.buffer.clear()
            text = normalize(text) if text else ""
            if text and self.stack:
                self._store(text)
                self.broken = False
            self.link_chars = 0
        self.broken = broken

    def _store(self, text: str) -> None:
        blocks = self.blocks
        container, own, near, around = self.stack[-1]
        blocks.texts.append(text)
        blocks.linked.append(min(self.link_chars, len(text)))
        blocks.own.append(own)
        blocks.near.append(near)
        blocks.around.append(around)
        blocks.broken.append(self.broken)
        blocks.depths.append(len(self.stack))
        blocks.holders.append(container)

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

    def close(self) -> None:
        """End a block element."""
        self.flush()
        self.blocks.ends[self.stack.pop()[0]] = len(self.blocks.texts)


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
        if event == "start":
            tag = element.tag
            if tag in SKIPPED_TAGS:
                walk.skip_subtree()
            elif tag in BLOCK_TAGS:
                reader.open(element, tag)
                reader.add(element.text)
            else:
                _start_inline(reader, element, tag)
            continue
        if event == "end":
            tag = element.tag
            if tag in BLOCK_TAGS:
                reader.close()
            elif tag == "a":
                reader.link_depth = max(reader.link_depth - 1, 0)
        reader.add(element.tail)
    reader.flush()
    return reader.blocks


def _start_inline(reader: _Reader, element: _Element, tag: str) -> None:
    if tag == "br":
        reader.flush(broken=True)
    elif tag == "a":
        reader.link_depth += 1
    reader.add(element.text)
