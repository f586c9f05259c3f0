"""Who wrote a page, by a vote of the places that name somebody: ``choose_authors``.

The byline that the page prints beside its headline is one of them. Names in captions, quotes and
other stories' boxes are somebody else's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.clean.dates import WORDS
from pipeline.clean.html.blocks import ELSEWHERE, HEADING, MENU, Blocks
from pipeline.clean.html.markup import META, Markup
from pipeline.clean.html.published import MAX_LINE_CHARS, PRINTED, PROSE_CHARS
from pipeline.clean.names import (
    BYLINE_LEAD,
    author_names,
    in_reading_order,
    is_company,
    is_house,
    is_person,
    name_key,
    read_byline,
)
from pipeline.records import Evidence

WRITTEN_BY = frozenset(WORDS["written_by"].split(", "))
"""What ``twitter:label1`` says when ``twitter:data1`` is the author."""

VISIBLE = frozenset({"byline", "rel:author"})
"""Sources that read what people see, not what a program wrote for programs."""

SITE_AS_AUTHOR_SOURCES = VISIBLE | {
    *("json-ld:author", "json-ld:house", "twitter:data1", "meta:author", "meta:article:author"),
    *("itemprop:author", "printed"),
}
"""Sources that are believed when they name the site itself, and nobody is named elsewhere."""

MAX_BYLINE_CHARS = 150
"""A longer byline is a biography."""
MAX_INITIALS = 4
"""Letters of an editor's initials below a story: ``amw``."""
BYLINE_AFTER, BYLINE_BEFORE = 8, 2
"""Blocks after and before the headline among which its byline is sought."""
_GLUED_BYLINE = re.compile(r"(?i)^((?:written )?by:?|von|par|por)(?=[A-Z])")
_PARTS = re.compile(r"\s*[|•·⋅∙]\s*|\s+[–—-]+\s+|\s+//?\s+")

_LABEL = re.compile(
    r"(?i)(?:(?:this (?:post|article|story) was )?(?:written|posted|authored) by:?|guest author:?"
    r"|(?:author|autor(?:in|en|a|es)?|auteur|автор)s?:|interview by:?|text von:?"
    r"|(?:verfasst|geschrieben|erstellt|gespeichert) von:?|escrito por:?|scritto da:?|écrit par:?"
    r"|(?P<by>by)(?= [A-Z][^\W\d_]+ [A-Z][^\W\d_]+$))"
    r"\s*(?=\w)"
)
"""Labels that name the author of a page wherever they stand on it."""

_AFTER = re.compile(
    r"(?i)(?<=\w)(?:\s(?:on|am|le|el|den|at)\s|,\s(?:the |our )?(?:head|director|senior|junior"
    r"|chief|professor|founder|co-founder|projektleiter|gastautor|vice)).*$"
)
"""When, and as what, a labelled author wrote."""

_ON = re.compile(r"(?<=\w)\s(?:on|am|le|el|den)\s.*$")


def choose_authors(
    markup: Markup, blocks: Blocks, places: Sequence[int], site_names: frozenset[str]
) -> tuple[tuple[str, ...], list[Evidence]]:
    """Choose the authors of a page by a vote of the places that name them.

    Args:
        places: blocks of the headline, beside which the page may print a byline.
        site_names: ``name_key`` of what the site calls itself: it is no author.

    Returns:
        The names, empty when nobody is named; and what the places say, the winner first.
    """
    stated = _authors(markup, names_beside_headline(blocks, places))
    first = next((item for item in stated if _names(item, site_names)), None)
    rest = [item for item in stated if item is not first]
    return _first_names(stated, site_names), [first, *rest] if first else rest


def names_beside_headline(blocks: Blocks, places: Sequence[int]) -> list[Evidence]:
    """Find the byline next to the headline, which is at *places*.

    Returns:
        The names, field ``authors``, or those of the only label on the page that names an
        author, such as *Written by*; empty when there is no line with any.
    """
    for place in places:
        for n in _around(blocks, place):
            names = _names_in(blocks.texts[n])
            if names:
                return [Evidence("authors", "; ".join(names), PRINTED)]
    found = set(_labelled_names(blocks))
    return [Evidence("authors", "; ".join(names), PRINTED) for names in found if len(found) == 1]


def _labelled_names(blocks: Blocks) -> Iterator[tuple[str, ...]]:
    """The names behind labels; *by* is one only before the first paragraph."""
    in_story = False
    for n, line in enumerate(blocks.texts):
        label = _LABEL.match(line) if len(line) <= MAX_LINE_CHARS else None
        if label and not (blocks.around[n] & ELSEWHERE or blocks.near[n] & MENU):
            byline = read_byline(f"By {_AFTER.sub('', line[label.end() :])}")
            if byline and not (in_story and label["by"]):
                yield byline.names
        in_story = in_story or len(line) > PROSE_CHARS


def _around(blocks: Blocks, headline: int) -> Iterator[int]:
    """The short lines around the block *headline*, those after it first, the nearest first."""
    after = range(headline + 1, min(headline + BYLINE_AFTER + 1, len(blocks.texts)))
    before = range(headline - 1, max(headline - BYLINE_BEFORE, 0) - 1, -1)
    for n in (*after, *before):
        flags = blocks.around[n] & ELSEWHERE or blocks.near[n] & (HEADING | MENU)
        if len(blocks.texts[n]) <= MAX_LINE_CHARS and not flags:
            yield n


def _names_in(line: str) -> tuple[str, ...]:
    """The names after a word such as *by*, wherever a part of *line* begins with one."""
    for part in _PARTS.split(line):
        byline = read_byline(_ON.sub("", BYLINE_LEAD.sub("By ", _GLUED_BYLINE.sub(r"\1 ", part))))
        if byline:
            return byline.names
    return ()


def _authors(markup: Markup, printed: list[Evidence]) -> list[Evidence]:
    found: list[tuple[str, list[str]]] = []
    for node in markup.nodes:
        found += [("json-ld:author", node["author"]), ("json-ld:house", node["house"])]
    label = " ".join(markup.meta.get("twitter:label1", [""])[0].casefold().split())
    if label in WRITTEN_BY:
        found.append(("twitter:data1", markup.meta.get("twitter:data1", [])[:1]))
    for name in META["author"]:
        values = markup.meta.get(name, [])
        if name in META["inverted"]:  # libraries put the family name first
            values = list(map(in_reading_order, values))
        found.append((f"meta:{name}", values))
    found.append(("itemprop:author", markup.items.get("author", [])[:5]))
    found.append(("rel:author", markup.rel_author[:3]))
    stated = [Evidence("authors", "; ".join(names), source) for source, names in found if names]
    marked = [Evidence("authors", text, "byline") for text in markup.bylines[:3]]
    # Bylines may be marked in boxes about other stories; the one beside the headline is this one's.
    names = [name_key(name) for item in printed for name in item.value.split("; ")]
    same = [item for item in marked if all(name in name_key(item.value) for name in names)]
    return [*stated, *same, *printed, *(item for item in marked if item not in same)]


def _names(candidate: Evidence, site_names: frozenset[str]) -> tuple[str, ...]:
    names = author_names(candidate.value.split("; "), site_names)
    if candidate.source not in VISIBLE:
        return names
    # Running text comes with roles and half sentences.
    if len(candidate.value) > MAX_BYLINE_CHARS:
        return ()
    return tuple(name for name in names if not (name[0].islower() and " " in name))


def _first_names(candidates: list[Evidence], site_names: frozenset[str]) -> tuple[str, ...]:
    """The names of the first candidate that has any.

    A site that names itself as the author is believed only where nobody else is named.
    """
    named = [(item, found) for item in candidates if (found := _names(item, site_names))]
    if any(item.source == "json-ld:house" for item in candidates):
        # Lower-case initials are how an editor signs a story of the house: ``amw``.
        named = [
            (item, found)
            for item, found in named
            if not all(name.islower() and len(name) <= MAX_INITIALS for name in found)
        ]
    if named:
        chosen = _elected(named)
        others = {name for _, found in named for name in found if " " in name}
        return tuple(dict.fromkeys(_in_full(name, others) for name in chosen))
    houses = (item for item in candidates if item.source in SITE_AS_AUTHOR_SOURCES)
    return next((found for item in houses if (found := _names(item, frozenset()))), ())


def _elected(named: list[tuple[Evidence, tuple[str, ...]]]) -> tuple[str, ...]:
    """The names of the place trusted most, unless it only names a house or an account.

    Then the first that names persons is believed; so are two places that agree on others, where
    nobody else names those of the first.
    """
    persons = [
        (item, people)
        for item, found in named
        if (people := tuple(name for name in found if is_person(name)))
        and item.source != "json-ld:house"
    ]
    head, names = named[0]
    houses = head.source == "json-ld:house" or all(map(is_house, names))
    if not persons or (persons[0][0] is not head and not houses):
        return names
    places: dict[frozenset[str], set[str]] = {}
    for item, people in persons:
        places.setdefault(frozenset(map(name_key, people)), set()).add(_place(item.source))
    first = frozenset(map(name_key, persons[0][1]))
    if not any(first & other for other in places if other != first) and len(places[first]) == 1:
        for _, people in persons[1:]:
            if len(places[frozenset(map(name_key, people))]) > 1:
                return people
    item, people = _fullest(persons)
    return tuple(name for name in dict(named)[item] if name in people or not is_company(name))


def _fullest(
    persons: list[tuple[Evidence, tuple[str, ...]]],
) -> tuple[Evidence, tuple[str, ...]]:
    """The first place, or one that names its persons and more."""
    first = set(map(name_key, persons[0][1]))
    for item, people in persons[1:]:
        if first < set(map(name_key, people)) and item.source not in VISIBLE:
            return item, people
    return persons[0]


def _place(source: str) -> str:
    """What counts as one place: the page's head is one, and so is what people see."""
    return "seen" if source in ("byline", "rel:author", "printed") else source.partition(":")[0]


def _in_full(name: str, others: set[str]) -> str:
    """*name* as another place gives it alone: no role after it, no house before, both names."""
    parts = (each for each in others if name.startswith(f"{each} ") or name.endswith(f" - {each}"))
    fuller = {each for each in others if each.split()[0] == name and is_person(each)}
    if len(fuller) == 1 and all(len(each.split()) == 2 for each in fuller):
        return fuller.pop()
    return min(parts, key=len, default=name)
