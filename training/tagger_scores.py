"""How well texts are cleaned and read by taggers that never saw their sites: printed tables."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.clean.lines.cleaner import tag_pages
from pipeline.clean.lines.decide import THRESHOLDS, decide
from pipeline.clean.lines.heading import Heading, read_roles, settle
from pipeline.clean.lines.page import Mode, Page, read_page
from pipeline.clean.lines.rules import Hits, rule_hits
from pipeline.clean.lines.tagger import Tagger
from pipeline.clean.names import name_key
from pipeline.records import Document
from training.hand_texts import KINDS, PREFIX
from training.labelled import Labelled
from training.roles import BYLINE_CHARS, TIME_CHARS, Gold, Golds, local_day
from training.scores import kinds_table, table

BLOCK = 100
FIELDS = ("title", "authors", "day")


@dataclass(frozen=True, eq=False)
class Read:
    """A held-out text: what leaves it in each mode, and what it says of itself."""

    labelled: Labelled
    drops: dict[Mode, NDArray[np.bool_]]
    page: Page
    heading: Heading


def print_scores(found: Sequence[tuple[Tagger, list[Labelled]]], golds: Golds) -> None:
    """Print what the taggers make of the texts that each of them never saw."""
    read = [each for tagger, pages in found for each in read_held(tagger, pages)]
    scored = [each for each in read if each.labelled.source == "gold"]
    pages = [each.labelled for each in scored]
    for mode in THRESHOLDS:
        drops = [each.drops[mode] for each in scored]
        brief = mode != "default"
        sys.stdout.write(f"\n{mode}\n{table(pages, drops, brief=brief)}\n")
        sys.stdout.write(f"\n{kinds_table(pages, drops, PREFIX, KINDS)}\n")
    sys.stdout.write(f"\n{roles_table(read, golds)}\n")


def read_held(tagger: Tagger, pages: Sequence[Labelled]) -> Iterator[Read]:
    """Clean *pages* as ``cleaner.clean_texts`` does, those with labels of readers or of roles."""
    wanted = [page for page in pages if page.source in ("gold", "meta")]
    for low in range(0, len(wanted), BLOCK):
        some = [(each, page_of_lines(each)) for each in wanted[low : low + BLOCK]]
        yield from read_pages(
            tagger, [(e, page, rule_hits(page)) for e, page in some], tuple(THRESHOLDS)
        )


def read_pages(
    tagger: Tagger, texts: Sequence[tuple[Labelled, Page, Hits]], modes: Sequence[Mode]
) -> Iterator[Read]:
    """Clean a block of texts, each with its lines and what the rules say of them."""
    tags = tag_pages([page for _, page, _ in texts], [hits for *_, hits in texts], tagger)
    for (each, page, hits), said in zip(texts, tags, strict=True):
        heading = read_roles(page, said, each.url) if said else Heading()
        at = heading.title_index
        drops: dict[Mode, NDArray[np.bool_]] = {}
        for mode in modes:
            cut, _ = decide(replace(page, mode=mode), hits, said, heading)
            gone = [*cut] if at is None else [*cut, at]
            drops[mode] = np.isin(np.arange(len(page.lines)), gone)
            if mode == "default":
                document = Document("", each.page_id, "", "text/plain", page.raw, url=each.url)
                settle(heading, page, cut, document)
        yield Read(each, drops, page, heading)


def page_of_lines(labelled: Labelled) -> Page:
    """The page that the lines of a text make; they are paragraphs already, none is joined."""
    gaps = ["\n\n" if blank else "\n" for blank in labelled.blanks.tolist()]
    text = "".join([gap + line for gap, line in zip(gaps, labelled.lines, strict=True)])
    page = read_page(text.lstrip("\n"))
    if len(page.lines) != len(labelled.lines):
        page = read_page("\n\n".join(labelled.lines))
    return page


def roles_table(read: Sequence[Read], golds: Golds) -> str:
    """Shares of fields that are right, missed and wrong, by rendering, as a Markdown table.

    Right is what the text says: the gold where it stands on a line, else nothing.
    """
    rows: dict[tuple[str, str], list[str]] = defaultdict(list)
    for each in read:
        if each.labelled.source == "meta":
            gold = golds.of(each.labelled.page_id, each.labelled.url)
            if gold is not None:
                rendering = each.labelled.rendering.partition(":")[2]
                for field, verdict in verdicts(each, gold):
                    rows[field, rendering].append(verdict)
                    rows[field, "all"].append(verdict)
    lines = ["| field | texts | pages | right | missed | wrong |", "|---" * 6 + "|"]
    for field in FIELDS:
        for rendering in ("lxml", "container", "ptags", "wide", "all"):
            found = rows[field, rendering]
            shares = [np.mean([v == name for v in found]) for name in ("right", "missed", "wrong")]
            cells = " | ".join(f"{share:.3f}" for share in shares)
            lines.append(f"| {field} | {rendering} | {len(found)} | {cells} |")
    return "\n".join(lines)


def printed(page: Page, gold: Gold) -> dict[str, bool]:
    """For each field of the gold whether a line of *page* says it."""
    keys = [name_key(line.text) for line in page.lines]
    found: dict[str, bool] = {}
    if gold.title:
        found["title"] = name_key(gold.title) in keys
    if gold.authors:
        short = [f" {key} " for key in keys if len(key) < BYLINE_CHARS]
        names = map(name_key, gold.authors)
        found["authors"] = all(any(f" {name} " in key for key in short) for name in names)
    if gold.day:
        texts = [line.text for line in page.lines if len(line.text) <= TIME_CHARS]
        # The text may tell which number of 03/04/2024 comes first.
        found["day"] = any(
            local_day(text, order) == gold.day for text in texts for order in (None, "day", "month")
        )
    return found


def verdicts(read: Read, gold: Gold) -> Iterator[tuple[str, str]]:
    """For each field of the gold whether it is ``right``, ``missed`` or ``wrong``."""
    heading = read.heading
    values: dict[str, tuple[object, object]] = {
        "title": (name_key(heading.title or ""), name_key(gold.title or "")),
        "authors": (set(map(name_key, heading.authors)), set(map(name_key, gold.authors))),
        "day": (heading.published and heading.published.day, gold.day and gold.day.isoformat()),
    }
    for field, said in printed(read.page, gold).items():
        found, wanted = values[field]
        yield field, judged(found, wanted, said=said)


def judged(found: object, wanted: object, *, said: bool) -> str:
    """``right``, ``missed`` or ``wrong``; *said*: whether the text says what is wanted."""
    if found:
        return "right" if found == wanted else "wrong"
    return "missed" if said else "right"
