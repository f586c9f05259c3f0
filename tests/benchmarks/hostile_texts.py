"""What is said of texts that tempt to say something untrue: title, authors, day, day of change.

usage: python -m tests.benchmarks.hostile_texts [-v] [CASE...]

The texts are written for this, in 29 languages: notices of events, press releases, reviews, pages
with several dates or names. In ``tests/cases/hostile_texts``, which has them by language, ``%%``
begins a story, a paragraph a line, and ``@@`` a text: its language, then ``a=`` authors,
with ``;`` between them, ``d=`` the day of publication, ``m=`` that of a change; ``/`` is between
values that are all right, and ``-`` is none. In a text, ``^`` marks the headline, ``¶`` a
paragraph, and ``{name}`` stands for the paragraphs of a story. Every second text has empty lines
between the others.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.clean import clean_documents
from pipeline.clean.names import name_key
from pipeline.config import CleanConfig
from pipeline.records import Article, Document

CASES = Path(__file__).parents[1] / "cases" / "hostile_texts"
FIELDS = ("title", "authors", "day", "modified")
VERDICTS = ("right", "missed", "untrue", "none")
Value = tuple[str, ...]
"""What a field says, folded; () is nothing."""


@dataclass
class Case:
    """A text, and what may be said of it.

    Attributes:
        expected: field → values of which each is right.
        gap: what is between its lines.
        story: its paragraphs.
    """

    name: str
    expected: dict[str, list[Value]]
    url: str | None
    gap: str = "\n"
    headline: str = ""
    lines: list[str] = field(default_factory=list)
    story: list[str] = field(default_factory=list)


def read_cases() -> list[Case]:
    """All texts, in order."""
    stories: dict[str, list[str]] = {}
    cases: list[Case] = []
    for path in sorted(CASES.glob("*.txt")):
        told: list[str] = []
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if line.startswith("%% "):
                told = stories.setdefault(line[3:].strip(), [])
            elif line.startswith("@@ "):
                cases.append(_case(f"{path.stem}:{number}", line[3:]))
                told = cases[-1].lines
            elif line.strip():
                told.append(line)
    for number, case in enumerate(cases):
        case.gap = "\n\n"[: 1 + number % 2]
        case.lines = [text for line in case.lines for text in _lines(case, line, stories)]
        case.expected["title"] = [_folded(case.headline)]
    return cases


def _case(name: str, head: str) -> Case:
    options = dict(each.strip().split("=", 1) for each in head.split(" | ")[1:])
    expected = {
        "authors": [
            tuple(sorted(key for each in form.split(";") for key in _folded(each)))
            for form in options.get("a", "-").split("/")
        ],
        "day": [_folded(form) for form in options.get("d", "-").split("/")],
        "modified": [_folded(form) for form in options.get("m", "-").split("/")],
    }
    return Case(name, expected, options.get("url"))


def _lines(case: Case, line: str, stories: dict[str, list[str]]) -> list[str]:
    """The lines that a line of a case stands for."""
    story = re.fullmatch(r"\{([\w.]+)\}", line)
    told = stories[story[1]] if story else [line[2:]] if line.startswith("¶ ") else []
    case.story += told
    if line.startswith("^"):
        case.headline = case.headline or line[1:]
    return told or [line.removeprefix("^")]


def _folded(text: str | None) -> Value:
    key = name_key(text or "").replace(" ", "")
    return (key,) if key else ()


def said_by(article: Article) -> dict[str, Value]:
    """Field → what an article says."""
    published, modified = article.date_published, article.date_modified
    return {
        "title": _folded(article.title),
        "authors": tuple(sorted(key for name in article.authors for key in _folded(name))),
        "day": _folded(published and published.day),
        "modified": _folded(modified and modified.day),
    }


def verdicts(case: Case, article: Article) -> Iterator[tuple[str, str]]:
    """(field, verdict), (``paragraph``, ``lost``) and (``headline``, ``gone``) of a text."""
    for name, value in said_by(article).items():
        if value in case.expected[name]:
            yield name, "right" if value else "none"
        else:
            yield name, "untrue" if value else "missed"
    (body,) = _folded(article.text) or ("",)
    for paragraph in case.story:
        (key,) = _folded(paragraph)
        yield "paragraph", "kept" if key in body else "lost"
    if case.headline:
        (key,) = _folded(case.headline)
        kept = key in body or (key,) == _folded(article.title)
        yield "headline", "kept" if kept else "gone"


def cleaned(cases: list[Case]) -> Iterator[tuple[Case, Article]]:
    """Each case with the article that its text gives."""
    documents = [
        Document("0" * 32, n.name, n.name, "text/plain", n.gap.join(n.lines), url=n.url)
        for n in cases
    ]
    for case, article in zip(cases, clean_documents(documents, CleanConfig()), strict=True):
        if isinstance(article, Exception):
            raise article
        yield case, article


def counted(cases: list[Case]) -> Counter[tuple[str, str]]:
    """How often there is each verdict."""
    return Counter(each for pair in cleaned(cases) for each in verdicts(*pair))


def main() -> None:
    """Print the table, and with ``-v`` what differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-v", action="store_true", dest="verbose", help="list what differs")
    parser.add_argument("cases", nargs="*", help="only these, by the beginning of their names")
    arguments = parser.parse_args()
    cases = [each for each in read_cases() if each.name.startswith(tuple(arguments.cases) or "")]
    found: Counter[tuple[str, str]] = Counter()
    for case, article in cleaned(cases):
        said = said_by(article)
        for name, verdict in verdicts(case, article):
            found[name, verdict] += 1
            if arguments.verbose and verdict not in {"right", "none", "kept"}:
                sys.stdout.write(f"{case.name} {verdict} {name} {said.get(name, '')}\n")
    sys.stdout.write(f"{len(cases)} texts\n\n| | {' | '.join(VERDICTS)} |\n{'|---' * 5}|\n")
    for name in FIELDS:
        cells = " | ".join(str(found[name, verdict]) for verdict in VERDICTS)
        sys.stdout.write(f"| {name} | {cells} |\n")
    for name, lost in (("paragraph", "lost"), ("headline", "gone")):
        total = found[name, "kept"] + found[name, lost]
        sys.stdout.write(f"\n{name}s: {found[name, lost]} of {total} {lost}")
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
