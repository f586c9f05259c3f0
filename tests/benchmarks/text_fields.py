"""Title, authors and day of pages that were turned into text, by the way it was done.

usage: python -m tests.benchmarks.text_fields [--data DIR] [--every N] [--taggers FOLDER]
       [--without-url]

The benchmark's value where a line of the text says it, else none, is *right*; *wrong* is any other
value. A title counts *in another form* if the page itself states it as its ``h1``, og:title,
``<title>`` or JSON-LD headline. The shipped tagger was trained on these pages: for figures of
held-out sites, FOLDER has the taggers of the cross-validation (``training.train_tagger --keep``).

The second table goes by readers, who said which lines of a page are its headline, byline and time
(training/role_labels.jsonl): a value is *right* if it was read from such a line, or if there is
neither, and *wrong* if it was read from another one.

The third table has the texts that were labelled by hand, drawn without a kind in view: whether
title, all authors and day are those that readers found printed (training/hand_fields.jsonl).
"""

from __future__ import annotations

import argparse
import sys
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np

from pipeline.clean.html.extract import extract_page
from pipeline.clean.lines.tagger import Tagger, load_tagger
from pipeline.clean.names import name_key
from pipeline.read.encoding import decode
from pipeline.records import Document
from training.corrected import line_digest
from training.hand_texts import Printed, digest_of, label_hand, read_fields, read_hand
from training.labelled import Labelled
from training.labelled_pages import unpacked
from training.roles import ARCHIVES, Golds, read_role_labels, read_stated
from training.tagger_scores import FIELDS, Read, judged, read_held, verdicts

DATA = Path(__file__).parents[2] / ".." / "shared" / "data" / "html"
WAYS = ("lxml", "container", "ptags", "wide")
NAMES = {
    "lxml": "whole page",
    "container": "story's container",
    "ptags": "paragraphs",
    "wide": "wider container",
    "hand": "texts read by hand",
}
VERDICTS = ("right", "form", "missed", "wrong")
Counts = dict[tuple[str, str], Counter[str]]
"""(field, way) → how often there is each verdict."""
ROLES_READ = {
    "title": ("title", "headline"),
    "authors": ("authors", "byline"),
    "day": ("date_published", "time"),
}
"""Field → its column in the evidence, and the role of the lines that say it."""
TITLE_PLACES = frozenset({"h1", "h2", "og:title", "title", "json-ld:headline"})


def forms_of(payload: bytes) -> frozenset[str]:
    """``name_key`` of each form of the headline that a page states."""
    content = decode(payload, html=True).text
    article = extract_page(Document("0" * 32, "page", "page", "text/html", content))
    stated = (each for each in article.evidence if each.field == "title")
    return frozenset(name_key(e.value) for e in stated if e.source in TITLE_PLACES)


def verdicts_of(
    read: Read, golds: Golds, forms: dict[str, frozenset[str]]
) -> Iterator[tuple[str, str]]:
    """(field, verdict) of a text; a wrong title that is the page's own is ``form``."""
    gold = golds.of(read.labelled.page_id, read.labelled.url)
    for field, verdict in verdicts(read, gold) if gold else ():
        own = name_key(read.heading.title or "") in forms.get(read.labelled.page_id, ())
        yield field, "form" if verdict == "wrong" and field == "title" and own else verdict


def verdicts_by_reading(
    read: Read, labels: dict[str, frozenset[str] | None]
) -> Iterator[tuple[str, str]]:
    """(field, verdict) of a text, by the lines that readers named."""
    lines = {line.start: line_digest(line.text) for line in read.page.lines}
    starts = sorted(lines)
    sources: dict[str, set[str]] = defaultdict(set)
    for each in read.heading.evidence:
        if each.start is not None:
            sources[each.field].add(lines[starts[bisect_right(starts, each.start) - 1]])
    for field, (column, role) in ROLES_READ.items():
        named = labels[role]
        if named is not None:
            found, said = sources[column], not named.isdisjoint(lines.values())
            missed = "missed" if said else "right"
            yield field, ("right" if found <= named else "wrong") if found else missed


def read_texts(pages: Sequence[Labelled], taggers: Path | None) -> Iterator[Read]:
    """Read *pages* with the shipped tagger, or each with that of *taggers* that never saw it."""
    if taggers is None:
        yield from read_held(load_tagger(), pages)
        return
    for path in sorted(taggers.glob("tagger.[0-9].npz")):
        fold = int(path.name.split(".")[1])
        with np.load(path) as stored:
            yield from read_held(Tagger(dict(stored)), [p for p in pages if p.fold == fold])


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--every", type=int, default=3, help="one page in so many")
    parser.add_argument("--taggers", type=Path, help="folder of tagger.N.npz, without part N each")
    parser.add_argument("--without-url", action="store_true", help="hide the pages' addresses")
    arguments = parser.parse_args()
    archives = [arguments.data / f"{name}.tar.xz" for name in ARCHIVES]
    forms = {
        f"{path.name.partition('.')[0]}:{row['id']}": forms_of(page)
        for path in archives
        for row, page in islice(unpacked(path), None, None, arguments.every)
    }
    pages = read_stated(archives, arguments.every)
    wanted = [page for page in pages if page.rendering.partition(":")[2] in WAYS]
    if arguments.without_url:
        wanted = [replace(page, url=None) for page in wanted]
    golds, labels = Golds([], archives), read_role_labels()
    counts: Counts = defaultdict(Counter)
    by_reading: Counts = defaultdict(Counter)
    for read in read_texts(wanted, arguments.taggers):
        page, way = read.labelled.page_id, read.labelled.rendering.partition(":")[2]
        named = verdicts_by_reading(read, labels[page]) if page in labels else ()
        for found, each in ((counts, verdicts_of(read, golds, forms)), (by_reading, named)):
            for field, verdict in each:
                found[field, way][verdict] += 1
                found[field, "all"][verdict] += 1
    for found in (counts, by_reading):
        sys.stdout.write(f"{table(found)}\n")
    sys.stdout.write(table(by_hand(arguments.data, arguments.taggers), ("hand",)))


def verdicts_by_hand(read: Read, said: Printed) -> Iterator[tuple[str, str]]:
    """(field, verdict) of a text that was labelled by hand."""
    heading = read.heading
    title, *authors = (
        line_digest(name_key(each)) for each in (heading.title or "", *heading.authors)
    )
    if said.title is not None:
        titles = {title} if heading.title else set()
        yield "title", judged(titles, said.title & titles, said=bool(said.title))
    yield "authors", judged(set(authors), said.authors, said=bool(said.authors))
    day = heading.published and heading.published.day
    yield "day", judged(day, said.day, said=said.day is not None)


def by_hand(archives: Path, taggers: Path | None) -> Counts:
    """Verdicts of the texts that were labelled by hand."""
    texts, fields = read_hand(archives, ("news",)), read_fields()
    pages = {label_hand(text): fields[digest_of(text.text)] for text in texts}
    counts: Counts = defaultdict(Counter)
    for read in read_texts(list(pages), taggers):
        for field, verdict in verdicts_by_hand(read, pages[read.labelled]):
            counts[field, "hand"][verdict] += 1
    return counts


def table(counts: Counts, ways: Sequence[str] = (*WAYS, "all")) -> str:
    """Shares of each verdict, a row for each field and way."""
    lines = ["| | | texts | right | in another form | missed | wrong |", "|---" * 7 + "|"]
    for field in FIELDS:
        for way in ways:
            found = counts[field, way]
            shares = (found[verdict] / max(found.total(), 1) for verdict in VERDICTS)
            cells = " | ".join(f"{share:.3f}" for share in shares)
            lines.append(f"| {field} | {NAMES.get(way, way)} | {found.total()} | {cells} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
