"""Texts labelled by reading: of rare kinds, such as comments and lists, and of the usual ones.

``hand_labels.jsonl`` holds no text: the archive and the page, how it is rendered, a digest of what
that gives, and a label for each of its lines, as runs: ``n1 k9 d20`` is a headline, nine lines of
story, twenty of chrome.
"""

from __future__ import annotations

import json
import lzma
import sys
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from pipeline.read.encoding import decode
from training.hand_renderings import render
from training.labelled import Labelled, label_lines

LABELS = Path(__file__).with_name("hand_labels.jsonl")
FURTHER = Path(__file__).with_name("further_labels.jsonl")
"""Of each other page, a text that nothing is learned from (docs/decisions/0036)."""
FIELDS = Path(__file__).with_name("hand_fields.jsonl")
"""Headline, authors and day that each text drawn without a kind in view prints: read twice, with
the same answer but for three headlines, which are left open."""
ARCHIVES = Path(__file__).parents[1] / ".." / "shared" / "data" / "html"
KINDS = ("comments", "live", "lists", "interviews", "cjk", "low", "wrapped", "news", "drawn")
"""Readers' comments, live blogs, lists and tables, interviews, scripts without spaces, texts with
hardly any chrome, hard-wrapped texts and such of one line; and what was drawn without a kind in
view, from sites of twenty languages."""
PREFIX = "hand:"
"""Before the kind, where ``Labelled.rendering`` names it."""


@dataclass(frozen=True)
class HandText:
    """One labelled text.

    Attributes:
        page_id, domain, language, kind: what it is.
        text: as rendered.
        labels: one a line of *text*: ``k`` story, ``d`` chrome, ``n`` neither.
    """

    page_id: str
    domain: str
    language: str
    kind: str
    text: str
    labels: str


def read_hand(
    archives: Path = ARCHIVES, kinds: Sequence[str] = KINDS, labels: Path = LABELS
) -> Iterator[HandText]:
    """Render the labelled pages of *kinds*; those that render otherwise are named and left out."""
    rows = [json.loads(line) for line in labels.read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if row["kind"] in kinds]
    for archive in sorted({row["archive"] for row in rows}):
        wanted = [row for row in rows if row["archive"] == archive]
        pages = _pages(archives / f"{archive}.tar.xz", {row["page"] for row in wanted})
        for row in wanted:
            text = render(decode(pages[row["page"]], html=True).text, row["rendering"])
            if digest_of(text) == row["digest"]:
                yield _hand_text(row, text)
            else:
                sys.stderr.write(f"{archive} {row['page']}: renders otherwise, left out\n")


@dataclass(frozen=True)
class Printed:
    """What a text prints of itself, by reading.

    Attributes:
        title: digests of its headline in each form; none if it has none, None if readers differ.
        authors: digests of the authors' names.
        day: ISO day of publication.
    """

    title: frozenset[str] | None
    authors: frozenset[str]
    day: str | None


def read_fields() -> dict[str, Printed]:
    """Digest of a text → what it prints; ``line_digest`` of ``name_key`` in place of words."""
    rows = map(json.loads, FIELDS.read_text(encoding="utf-8").splitlines())
    return {
        row["digest"]: Printed(
            None if row["title"] is None else frozenset(row["title"]),
            frozenset(row["authors"]),
            row["day"],
        )
        for row in rows
    }


def label_hand(text: HandText) -> Labelled:
    """A text as the tagger sees it; its rendering is named after its kind."""
    lines: list[list[Any]] = []
    blank = False
    for line, label in zip(text.text.split("\n"), text.labels, strict=True):
        if line.strip():
            lines.append([line, blank, label])
        blank = not line.strip()
    row = {
        "id": text.page_id,
        "domain": text.domain,
        "lang": text.language,
        "title": None,
    }
    return label_lines(row, PREFIX + text.kind, "gold", lines)


def digest_of(text: str) -> str:
    """Digest by which a rendering is known again."""
    return blake2b(text.encode(), digest_size=8).hexdigest()


def _hand_text(row: dict[str, str], text: str) -> HandText:
    labels = "".join(run[0] * int(run[1:]) for run in row["labels"].split())
    page_id = f"{PREFIX}{row['archive']}:{row['page']}"
    return HandText(page_id, row["domain"], row["language"], row["kind"], text, labels)


def _pages(archive: Path, wanted: set[str]) -> dict[str, bytes]:
    """Bytes of the pages of one archive that are named in *wanted*."""
    found: dict[str, bytes] = {}
    with lzma.open(archive) as packed, tarfile.open(fileobj=packed, mode="r|") as members:
        for member in members:
            path = Path(member.name)
            if path.suffix == ".html" and path.stem in wanted:
                stream = members.extractfile(member)
                if stream is not None:
                    found[path.stem] = stream.read()
    return found
