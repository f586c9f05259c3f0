"""What is said of pages that tempt to say something untrue: title, authors, day, day of change.

usage: python -m tests.benchmarks.hostile_pages [-v] [CASE...]

The pages are written for this, in 20 languages: days of meetings, deadlines and pictures beside the
headline, metadata of something else, names in boxes and comments, headings of sections. In
``tests/cases/hostile_pages``, ``%%`` begins a story: its headline, a summary and paragraphs, a line
each. ``@@`` begins a page: its story, and values as in ``hostile``; ``t=`` titles if others than
the headline, ``site=``, and ``head=`` its ``<title>``, with ``¦`` for ``|``. Then follows its
``<body>``, without menu and footer; no tag is a paragraph. ``{story}`` is the story, the whole
after a heading if it is not there; ``{opening}`` and ``{rest}`` are parts of it. These go into
``<head>``: ``<meta …>``; ``{"@type": …}``, JSON-LD; and ``=`` what a content management system says
there: the times of publication and change, and authors, with ``|`` between them.
"""

from __future__ import annotations

import json
from html import escape

from tests.benchmarks.hostile import Case, folded, read_files, report

KIND = "text/html"
PAGE = """<!DOCTYPE html>
<html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>{head}</head><body>
<header><div class="logo"><a href="/">{site}</a></div>
<nav><ul><li><a href="/1">{menu[0]}</a></li><li><a href="/2">{menu[1]}</a></li></ul></nav></header>
{body}
<form><input type="email"><button>OK</button></form>
<footer><p>© 2026 {site}.</p><ul><li><a href="/p">Privacy</a></li></ul></footer></body></html>"""
IN_HEAD = ("<meta", "<link", '{"', "=")
"""Openings of lines that are in the head of a page."""
MENU = "menu"
"""A story that has the words of the menus: its language, and two of them, a line each."""


def read_cases() -> list[Case]:
    """All pages, in order."""
    stories, cases = read_files("hostile_pages")
    menus = {language: words for language, *words in map(str.split, stories.pop(MENU))}
    for case in cases:
        case.headline, _, *case.story = stories[case.language]
        titles = case.options.get("t", case.headline).split(" / ")
        case.expected["title"] = [folded(title) for title in titles]
        if case.headline not in titles:
            case.headline = ""
        case.content = _page(case, stories[case.language], menus[case.language[:2]])
    return cases


def _page(case: Case, story: list[str], menu: list[str]) -> str:
    """The page of a case."""
    headline, summary, *_ = story
    opening, *rest = (f"<p>{text}</p>" for text in case.story)
    site = case.options.get("site", "Xylo")
    parts = {
        "headline": headline, "summary": summary, "site": site,
        "opening": opening, "rest": "\n".join(rest), "story": "\n".join((opening, *rest)),
    }  # fmt: skip
    lines = [_filled(line, parts) for line in _whole(case.lines)]
    head = [_metadata(line, parts) for line in lines if line.startswith(IN_HEAD)]
    body = [line for line in lines if not line.startswith(IN_HEAD)]
    return PAGE.format(
        language=case.language[:2],
        title=_filled(case.options.get("head", "{headline} ¦ {site}"), parts).replace("¦", "|"),
        head="".join(head),
        site=site,
        menu=menu,
        body="\n".join(line if line.startswith("<") else f"<p>{line}</p>" for line in body),
    )


def _whole(lines: list[str]) -> list[str]:
    """The lines of a page with its heading and its story."""
    if any("{story}" in line or "{rest}" in line for line in lines):
        return lines
    return ["<article>", "<h1>{headline}</h1>", *lines, "{story}", "</article>"]


def _filled(line: str, parts: dict[str, str]) -> str:
    """*line* with ``{name}`` replaced by the part of that name."""
    for name, text in parts.items():
        line = line.replace(f"{{{name}}}", text)
    return line


def _metadata(line: str, parts: dict[str, str]) -> str:
    """The elements that a line of a page is in its head."""
    if line.startswith("<"):
        return line
    if not line.startswith("="):
        return f'<script type="application/ld+json">{line}</script>'
    published, modified, names = map(str.strip, f"{line[1:]} | | ".split("|")[:3])
    authors = [name.strip() for name in names.split(",") if name.strip()]
    node = {
        "@type": "NewsArticle",
        "headline": parts["headline"],
        "datePublished": published,
        "dateModified": modified or None,
        "author": [{"@type": "Person", "name": name} for name in authors],
        "publisher": {"@type": "Organization", "name": parts["site"]},
    }
    declared = {
        "og:title": parts["headline"],
        "og:site_name": parts["site"],
        "article:published_time": published,
        "article:modified_time": modified,
        "author": ", ".join(authors),
    }
    elements = [
        f'<meta property="{name}" content="{escape(text)}">'
        for name, text in declared.items()
        if text
    ]
    return "".join(elements) + _metadata(json.dumps(node, ensure_ascii=False), parts)


if __name__ == "__main__":
    report(read_cases, KIND, __doc__)
