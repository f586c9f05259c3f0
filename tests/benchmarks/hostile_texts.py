"""What is said of texts that tempt to say something untrue: title, authors, day, day of change.

usage: python -m tests.benchmarks.hostile_texts [-v] [CASE...]

The texts are written for this, in 29 languages: notices of events, press releases, reviews, pages
with several dates or names. In ``tests/cases/hostile_texts``, which has them by language, ``%%``
begins a story, a paragraph a line, and ``@@`` a text: its language and values, see ``hostile``.
In a text, ``^`` marks the headline, ``¶`` a paragraph, and ``{name}`` stands for the paragraphs of
a story. Every second text has empty lines between the others.
"""

from __future__ import annotations

import re

from tests.benchmarks.hostile import Case, folded, read_files, report

KIND = "text/plain"


def read_cases() -> list[Case]:
    """All texts, in order."""
    stories, cases = read_files("hostile_texts")
    for number, case in enumerate(cases):
        lines = [text for line in case.lines for text in _lines(case, line, stories)]
        case.content = "\n\n"[: 1 + number % 2].join(lines)
        case.expected["title"] = [folded(case.headline)]
    return cases


def _lines(case: Case, line: str, stories: dict[str, list[str]]) -> list[str]:
    """The lines that a line of a case stands for."""
    story = re.fullmatch(r"\{([\w.]+)\}", line)
    told = stories[story[1]] if story else [line[2:]] if line.startswith("¶ ") else []
    case.story += told
    if line.startswith("^"):
        case.headline = case.headline or line[1:]
    return told or [line.removeprefix("^")]


if __name__ == "__main__":
    report(read_cases, KIND, __doc__)
