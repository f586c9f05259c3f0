"""The authors of a page, by a vote among its sources: ``choose_authors``.

The byline printed next to the headline is one of them. Names in captions, quotes and boxes of other
stories do not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from pipeline.clean.bylines import read_byline
from pipeline.clean.html.blocks import HEADING, Blocks
from pipeline.clean.html.markup import META, Markup
from pipeline.clean.html.published import MAX_LINE_CHARS, PRINTED, PROSE_CHARS, heads_another
from pipeline.clean.names import (
    BYLINE_LEAD,
    author_names,
    in_reading_order,
    is_company,
    is_credit,
    is_house,
    is_person,
    name_key,
)
from pipeline.clean.words import WORDS
from pipeline.records import Evidence

WRITTEN_BY = WORDS["written_by"]
"""Values of ``twitter:label1`` if ``twitter:data1`` is the author."""
VISIBLE = frozenset({"byline", "rel:author"})
"""Sources in the text shown to readers, as opposed to metadata."""
SITE_AS_AUTHOR_SOURCES = VISIBLE | {
    *("json-ld:author", "json-ld:house", "twitter:data1", "meta:author", "meta:article:author"),
    *("itemprop:author", "printed"),
}
"""Sources that may name the site itself, if nobody is named elsewhere."""
MAX_BYLINE_CHARS = 150
"""A longer byline is a biography."""
MAX_INITIALS = 4
"""Maximum letters of an editor's initials below a story: ``amw``."""
BYLINE_AFTER, BYLINE_BEFORE = 8, 2
"""A byline is sought in so many blocks after and before the headline."""
_GLUED_BYLINE = re.compile(r"(?i)^((?:written )?by:?|von|par|por)(?=[A-Z])")
_PARTS = re.compile(r"\s*[|•·⋅∙]\s*|\s+[–—-]+\s+|\s+//?\s+")

_LABEL = re.compile(
    r"(?i)(?:(?:this (?:post|article|story) was )?(?:written|posted|authored) by:?|guest author:?"
    r"|(?:author|autor(?:in|en|a|es)?|auteur|автор)s?:|interview by:?|text von:?"
    r"|(?:verfasst|geschrieben|erstellt|gespeichert) von:?|escrito por:?|scritto da:?|écrit par:?"
    r"|(?P<by>by)(?= [A-Z][^\W\d_]+ [A-Z][^\W\d_]+$))"
    r"\s*(?=\w)"
)
"""Labels of the author of a page, anywhere on it."""

_AFTER = re.compile(
    r"(?i)(?<=\w)(?:\s(?:on|am|le|el|den|at)\s|,\s(?:the |our )?(?:head|director|senior|junior"
    r"|chief|professor|founder|co-founder|projektleiter|gastautor|vice)).*$"
)
"""Date or position after a labelled author."""

_ON = re.compile(r"(?<=\w)\s(?:on|am|le|el|den)\s.*$")


def choose_authors(
    markup: Markup, blocks: Blocks, places: Sequence[int], site_names: frozenset[str]
) -> tuple[tuple[str, ...], list[Evidence]]:
    """Choose the authors of a page by a vote among its sources.

    Args:
        places: blocks of the headline, next to which a byline may be printed.
        site_names: ``name_key`` of the names of the site, which is not an author.

    Returns:
        The names, empty if nobody is named; and the candidates, the winner first.
    """
    candidates = _candidates(markup, names_beside_headline(blocks, places))
    named = [(item, found) for item in candidates if (found := _names(item, site_names))]
    first = next((item for item, _ in named), None)
    return _winner(candidates, named), sorted(candidates, key=lambda item: item is not first)


def names_beside_headline(blocks: Blocks, places: Sequence[int]) -> list[Evidence]:
    """The names in the byline next to the headline, which is at *places*.

    Otherwise those after the only label on the page that names an author, such as *Written by*.
    Empty if there are none.
    """
    for place in places:
        for n in _around(blocks, place):
            names = _names_in(blocks.texts[n])
            if names:
                return [Evidence("authors", "; ".join(names), PRINTED)]
    found = set(_labelled_names(blocks, places))
    return [Evidence("authors", "; ".join(names), PRINTED) for names in found if len(found) == 1]


def _labelled_names(blocks: Blocks, places: Sequence[int]) -> Iterator[tuple[str, ...]]:
    """The names after labels; *by* is one only before the first paragraph.

    Names right below a linked headline that is not at *places* are another story's.
    """
    in_story = False
    for n, line in enumerate(blocks.texts):
        label = _LABEL.match(line) if len(line) <= MAX_LINE_CHARS else None
        below_another = n and n - 1 not in places and heads_another(blocks, n - 1)
        if label and not (blocks.elsewhere(n) or below_another):
            names = read_byline(f"By {_AFTER.sub('', line[label.end() :])}")
            if names and not (in_story and label["by"]):
                yield names
        in_story = in_story or len(line) > PROSE_CHARS


def _around(blocks: Blocks, headline: int) -> Iterator[int]:
    """Short lines near the block *headline*: those after it, then those before, nearest first.

    A headline of another story, with a link, ends either.
    """
    after = range(headline + 1, min(headline + BYLINE_AFTER + 1, len(blocks.texts)))
    before = range(headline - 1, max(headline - BYLINE_BEFORE, 0) - 1, -1)
    mine = takewhile(lambda n: not heads_another(blocks, n), after)
    above = () if any(heads_another(blocks, n) for n in before) else before
    for n in (*mine, *above):
        heading = blocks.near[n] & HEADING
        if len(blocks.texts[n]) <= MAX_LINE_CHARS and not (heading or blocks.elsewhere(n)):
            yield n


def _names_in(line: str) -> tuple[str, ...]:
    """The names after a word such as *by* at the beginning of a part of *line*."""
    for part in _PARTS.split(line):
        if is_credit(part):
            continue
        names = read_byline(_ON.sub("", BYLINE_LEAD.sub("By ", _GLUED_BYLINE.sub(r"\1 ", part))))
        if names:
            return names
    return ()


def _candidates(markup: Markup, printed: list[Evidence]) -> list[Evidence]:
    found: list[tuple[str, list[str]]] = []
    for node in markup.nodes:
        found += [("json-ld:author", node["author"]), ("json-ld:house", node["house"])]
    for _, label in markup.first("meta:twitter:label1"):
        if " ".join(label.casefold().split()) in WRITTEN_BY:
            found.append(("twitter:data1", markup.values["meta:twitter:data1"][:1]))
    for source in META["author"]:
        values = markup.values[source]
        if source in META["inverted"]:  # libraries put the family name first
            values = list(map(in_reading_order, values))
        found.append((source, values))
    found.append(("itemprop:author", markup.values["itemprop:author"][:5]))
    found.append(("rel:author", markup.values["rel:author"][:3]))
    stated = [Evidence("authors", "; ".join(names), source) for source, names in found if names]
    marked = [Evidence("authors", text, "byline") for text in markup.values["byline"][:3]]
    # Boxes about other stories may have bylines too; the one next to the headline is this story's.
    names = [name_key(name) for item in printed for name in item.value.split("; ")]
    same = [item for item in marked if all(name in name_key(item.value) for name in names)]
    return [*stated, *same, *printed, *(item for item in marked if item not in same)]


def _names(candidate: Evidence, site_names: frozenset[str]) -> tuple[str, ...]:
    names = author_names(candidate.value.split("; "), site_names)
    if candidate.source not in VISIBLE:
        return names
    # Visible text includes roles and fragments of sentences.
    if len(candidate.value) > MAX_BYLINE_CHARS:
        return ()
    return tuple(name for name in names if not (name[0].islower() and " " in name))


def _winner(
    candidates: list[Evidence], named: list[tuple[Evidence, tuple[str, ...]]]
) -> tuple[str, ...]:
    """The names of the winning candidate; the site itself only if nobody else is *named*."""
    if any(item.source == "json-ld:house" for item in candidates):
        # Editors sign such stories with lower-case initials: ``amw``.
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
    """The names of the most trusted source, unless it only names an organisation or an account.

    Then those of the first source that names persons, unless two others agree on somebody else
    and none agrees with it.
    """
    persons = [
        (item, people, frozenset(map(name_key, people)))
        for item, found in named
        if (people := tuple(name for name in found if is_person(name)))
        and item.source != "json-ld:house"
    ]
    head, names = named[0]
    houses = head.source == "json-ld:house" or all(map(is_house, names))
    if not persons or (persons[0][0] is not head and not houses):
        return names
    places: dict[frozenset[str], set[str]] = {}
    for item, _, keys in persons:
        places.setdefault(keys, set()).add(_place(item.source))
    first = persons[0][2]
    if not any(first & other for other in places if other != first) and len(places[first]) == 1:
        for _, people, keys in persons[1:]:
            if len(places[keys]) > 1:
                return people
    fuller = (p for p in persons[1:] if first < p[2] and p[0].source not in VISIBLE)
    item, people, _ = next(fuller, persons[0])
    return tuple(name for name in dict(named)[item] if name in people or not is_company(name))


def _place(source: str) -> str:
    """The kind of a source: sources of one kind count once."""
    return "seen" if source in ("byline", "rel:author", "printed") else source.partition(":")[0]


def _in_full(name: str, others: set[str]) -> str:
    """*name* as another source has it: without a role or organisation, with both names."""
    parts = (each for each in others if name.startswith(f"{each} ") or name.endswith(f" - {each}"))
    fuller = {each for each in others if each.split()[0] == name and is_person(each)}
    if len(fuller) == 1 and all(len(each.split()) == 2 for each in fuller):
        return fuller.pop()
    return min(parts, key=len, default=name)
