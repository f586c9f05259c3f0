"""What is said of cases that tempt to say something untrue: the part of texts and pages alike.

Values in a case: ``a=`` authors, with ``;`` between them, ``d=`` the day of publication, ``m=``
that of a change; ``/`` is between values that are all right, and ``-`` is none.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.clean import clean_documents
from pipeline.clean.names import name_key
from pipeline.config import CleanConfig
from pipeline.records import Article, Document

CASES = Path(__file__).parents[1] / "cases"
FIELDS = ("title", "authors", "day", "modified")
VERDICTS = ("right", "missed", "untrue", "none")
STORY, CASE = "%% ", "@@ "
"""Openings of lines that begin a story and a case."""
Value = tuple[str, ...]
"""What a field says, folded; () is nothing."""


@dataclass
class Case:
    """A text or page, and what may be said of it.

    Attributes:
        options: what its first line says.
        expected: field → values of which each is right.
        content: the text or page.
        story: its paragraphs.
    """

    name: str
    language: str
    options: dict[str, str]
    expected: dict[str, list[Value]]
    lines: list[str] = field(default_factory=list)
    content: str = ""
    headline: str = ""
    story: list[str] = field(default_factory=list)


def read_files(directory: str) -> tuple[dict[str, list[str]], list[Case]]:
    """The lines of stories by name, and all cases, in order."""
    stories: dict[str, list[str]] = {}
    cases: list[Case] = []
    for path in sorted((CASES / directory).glob("*.txt")):
        told: list[str] = []
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if line.startswith(STORY):
                told = stories.setdefault(line.removeprefix(STORY).strip(), [])
            elif line.startswith(CASE):
                cases.append(_case(f"{path.stem}:{number}", line.removeprefix(CASE)))
                told = cases[-1].lines
            elif line.strip():
                told.append(line)
    return stories, cases


def _case(name: str, head: str) -> Case:
    language, *others = map(str.strip, head.split(" | "))
    options = dict(each.split("=", 1) for each in others)
    expected = {
        "authors": [
            tuple(sorted(key for each in form.split(";") for key in folded(each)))
            for form in options.get("a", "-").split("/")
        ],
        "day": [folded(form) for form in options.get("d", "-").split("/")],
        "modified": [folded(form) for form in options.get("m", "-").split("/")],
    }
    return Case(name, language, options, expected)


def folded(text: str | None) -> Value:
    """What a field says."""
    key = name_key(text or "").replace(" ", "")
    return (key,) if key else ()


def said_by(article: Article) -> dict[str, Value]:
    """Field → what an article says."""
    published, modified = article.date_published, article.date_modified
    return {
        "title": folded(article.title),
        "authors": tuple(sorted(key for name in article.authors for key in folded(name))),
        "day": folded(published and published.day),
        "modified": folded(modified and modified.day),
    }


def verdicts(case: Case, article: Article) -> Iterator[tuple[str, str]]:
    """(field, verdict), (``paragraph``, ``lost``) and (``headline``, ``gone``) of a case."""
    for name, value in said_by(article).items():
        if value in case.expected[name]:
            yield name, "right" if value else "none"
        else:
            yield name, "untrue" if value else "missed"
    (body,) = folded(article.text) or ("",)
    for paragraph in case.story:
        (key,) = folded(paragraph)
        yield "paragraph", "kept" if key in body else "lost"
    if case.headline:
        (key,) = folded(case.headline)
        kept = key in body or (key,) == folded(article.title)
        yield "headline", "kept" if kept else "gone"


def cleaned(cases: list[Case], kind: str) -> Iterator[tuple[Case, Article]]:
    """Each case, of the media type *kind*, with the article that it gives."""
    documents = [
        Document("0" * 32, n.name, n.name, kind, n.content, url=n.options.get("url")) for n in cases
    ]
    for case, article in zip(cases, clean_documents(documents, CleanConfig()), strict=True):
        if isinstance(article, Exception):
            raise article
        yield case, article


def counted(cases: list[Case], kind: str) -> Counter[tuple[str, str]]:
    """How often there is each verdict."""
    return Counter(each for pair in cleaned(cases, kind) for each in verdicts(*pair))


def report(read_cases: Callable[[], list[Case]], kind: str, about: str) -> None:
    """Print the table of a benchmark, and with ``-v`` what differs."""
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("-v", action="store_true", dest="verbose", help="list what differs")
    parser.add_argument("cases", nargs="*", help="only these, by the beginning of their names")
    arguments = parser.parse_args()
    cases = [each for each in read_cases() if each.name.startswith(tuple(arguments.cases) or "")]
    found: Counter[tuple[str, str]] = Counter()
    for case, article in cleaned(cases, kind):
        said = said_by(article)
        for name, verdict in verdicts(case, article):
            found[name, verdict] += 1
            if arguments.verbose and verdict not in {"right", "none", "kept"}:
                sys.stdout.write(f"{case.name} {verdict} {name} {said.get(name, '')}\n")
    sys.stdout.write(f"{len(cases)} cases\n\n| | {' | '.join(VERDICTS)} |\n{'|---' * 5}|\n")
    for name in FIELDS:
        cells = " | ".join(str(found[name, verdict]) for verdict in VERDICTS)
        sys.stdout.write(f"| {name} | {cells} |\n")
    for name, lost in (("paragraph", "lost"), ("headline", "gone")):
        total = found[name, "kept"] + found[name, lost]
        sys.stdout.write(f"\n{name}s: {found[name, lost]} of {total} {lost}")
    sys.stdout.write("\n")
