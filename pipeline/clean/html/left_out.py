"""What the extraction of a page left out, block by block, with who left it out."""

from __future__ import annotations

from typing import NamedTuple

from pipeline.clean.html.blocks import mask_with
from pipeline.clean.html.candidates import PageTooLargeError, read_candidates
from pipeline.records import Document

WHERE = {
    "hidden_now": "hidden",
    "nav": "navigation",
    "comment": "comments",
    "account": "cookie, newsletter or login box",
    "share": "share buttons",
    "ad": "advertisement",
    "related": "related stories",
    "footer": "footer",
    "foot": "footer",
    "form": "form",
    "aside": "sidebar",
    "side": "sidebar",
    "header": "page header",
    "head": "page header",
    "figure": "picture",
    "caption": "picture",
}
"""Flag of an element around a block → what that part of a page is; the first that fits is named."""

_MASKS = {flag: mask_with(flag) for flag in WHERE}


class PageBlock(NamedTuple):
    """A block of text of a page, in reading order.

    Attributes:
        line: its line in the extraction, from 0; None if it was left out.
        by: who left it out: trafilatura or resiliparse, and the page model, which chose.
        where: the part of the page that contains it, according to its markup; None if unknown.
    """

    text: str
    line: int | None
    by: tuple[str, ...] = ()
    where: str | None = None


def page_blocks(document: Document, extraction: str) -> list[PageBlock]:
    """List the blocks of the page in *document*, each in the extraction or left out.

    Lines of *extraction* that are no block of the page, such as a text from its JSON-LD, are
    listed before the next block that is.

    Args:
        extraction: of the same page, as in ``Article.extraction``.
    """
    try:
        candidates = read_candidates(document)
    except PageTooLargeError:
        candidates = None
    lines = extraction.split("\n") if extraction else []
    whole = [PageBlock(text, line) for line, text in enumerate(lines)]
    if candidates is None:
        return whole
    blocks = candidates.blocks
    first, second, _ = (set(each.split("\n")) for each in candidates.extractions)
    places: dict[str, list[int]] = {}
    for number, extracted in enumerate(lines):
        places.setdefault(extracted.strip(), []).append(number)
    found: list[PageBlock] = []
    listed = 0
    for text, around in zip(blocks.texts, blocks.around, strict=True):
        line = next((each for each in places.get(text, ()) if each >= listed), None)
        if line is None:
            takers = (("trafilatura", first), ("resiliparse", second))
            by = [name for name, taken in takers if text not in taken]
            found.append(PageBlock(text, None, (*by, "page model"), _where(around)))
            continue
        found += whole[listed : line + 1]
        listed = line + 1
    return found + whole[listed:]


def _where(around: int) -> str | None:
    return next((WHERE[flag] for flag, mask in _MASKS.items() if around & mask), None)
