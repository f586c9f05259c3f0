"""The title of a page, by a vote among its sources: ``choose_title``.

No single source is right on more than eight pages in ten: ``<title>`` includes the site's name,
og:title is written for social networks, ``<h1>`` is sometimes the name of the section.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import product

from pipeline.clean.html.blocks import H1, HEADING, MENU, Blocks
from pipeline.clean.html.markup import META, MIN_PREFIX_CHARS, NEWS_TYPES, Markup
from pipeline.clean.names import name_key
from pipeline.records import Evidence
from pipeline.text.unicode import SPACELESS_LETTER

WEIGHTS = {
    "h1": 1.6, "json-ld:headline": 1.0, "itemprop:headline": 0.9, "og:title": 1.0,
    "printed": 1.0, "h2": 0.6, "title": 0.7, "twitter:title": 0.4, "meta:title": 0.4,
}  # fmt: skip
"""Weight of each source's vote. Chosen on about 1,400 development pages of four benchmarks: an
``<h1>`` wins alone, and loses if two others agree on something else."""
UNSUPPORTED = 0.55
"""Factor for an ``<h1>`` that no other source repeats, if another ``<h1>`` is repeated: it names
the site or a box."""
UNRELATED = 0.3
"""Factor for an ``<h1>`` with no word in common with other sources: it names the site, a section
or a box."""
HEADLINE_WORDS = 3
"""Minimum words of a headline; a shorter title may be just a name."""
KICKER_WORDS = 4
"""Maximum words of a kicker: *Exclusive*, *News analysis:*."""
SHORT_TITLE = 0.5
"""Factor for fewer than ``HEADLINE_WORDS``, such as *News*, if a second heading has more."""
SMALL_WORD = 3
"""Words of so many letters or fewer are in any title."""
ALIKE = 1.2
"""Factor for a first ``<h1>`` that paraphrases the other sources, which are written together for
search engines."""
SOLE_WORDS, SOLE_SHARE = 2, 0.67
"""Minimum words of a single ``<h1>`` that is the title whatever the head of the page says, and the
share of them that the head contains too. Chosen on the development pages of four benchmarks."""
BELOW_CRUMBS = 3
"""The headline is sought in so many blocks after the last breadcrumb: a kicker may come first."""
HEAD_SOURCES = frozenset({"title", "og:title", "twitter:title", "meta:title"})
_BAR = re.compile(r"((?:\S+\s+){2,}\S+) \| \S+(?: \S+)?")
"""A site or section after a bar: one or two words after three or more; more are a second clause."""
_ANCHOR = re.compile(r"\s+[¶§#]$")
"""A link to the heading itself."""
_PAGE = re.compile(
    r"(?i)\s?(?:[|–—,(-]\s?)(?:page|seite|página|pagina|strona|strana|sida|side|sivu|oldal|sayfa|страница|стр\.|σελίδα)"
    r"\s\d{1,3}(?:\s(?:of|von|de|di|sur|z|van|av|af|из|/)\s\d{1,3})?\)?$"
)
"""The page of a story that has several: ``| Page 2 of 3``."""
_ELLIPSIS = re.compile(r"\s?(?:\.\.\.|…|\[…\])$")
_QUOTED = re.compile(r'\s?["“]')
"""How a title goes on that was truncated at a quotation mark, in an attribute."""
_HEAD = re.compile(r"(?:\s+[-|–—»]|\s*[|:])\s+\S")
_TAIL = re.compile(r".+\S(?:\s+[-|–—]\s+|\s*\|\s*|_)", re.DOTALL)
_SEPARATOR = re.compile(r"\s+(?:[|–—·•»«›‹:~/*]|-{1,2}|::)\s+|\s*\|\s*|\s+»|«\s+")


def choose_title(
    markup: Markup, blocks: Blocks, site_names: frozenset[str]
) -> tuple[list[Evidence], frozenset[str]]:
    """Choose the title of a page by a vote among its sources.

    A source also votes for a candidate of ``MIN_PREFIX_CHARS`` or more that is a prefix of its own:
    the site, the section or a second clause may follow.

    Args:
        site_names: ``name_key`` of the names of the site.

    Returns:
        The candidates without the site's name, the winner first, except those that are only the
        site's name; and *site_names* with the headings that are one.
    """
    stated = stated_titles(markup, blocks, site_names)
    site_names |= names_in_headings(stated)
    trimmed = [replace(each, value=v) for each in stated if (v := _trimmed(each, site_names))]
    trimmed = [_without_kicker(each, trimmed) for each in trimmed]
    keys = [name_key(candidate.value) for candidate in trimmed]
    weights = _weights(trimmed, keys)
    votes = [_votes(key, keys, weights) for key in keys]
    news = not NEWS_TYPES.isdisjoint(markup.story["@type"])
    sole = _sole_heading(trimmed, keys, news=news)
    order = sorted(range(len(trimmed)), key=lambda n: (n != sole, -votes[n], -weights[n], n))
    best = trimmed[order[0]].value if order else ""
    whole = next((n for n in order[1:] if _completes(trimmed[n], best)), None)
    if whole is not None:
        order.sort(key=lambda n: n != whole)
    return [trimmed[n] for n in order], site_names


def _votes(key: str, keys: list[str], weights: list[float]) -> float:
    """The weight of all sources that have *key* or begin with it."""
    votes = zip(keys, weights, strict=True)
    long = len(key) >= MIN_PREFIX_CHARS
    return sum(w for other, w in votes if other == key or (long and other.startswith(key)))


def stated_titles(markup: Markup, blocks: Blocks, site_names: frozenset[str]) -> list[Evidence]:
    """The candidates for the title of a page."""
    stated = markup.story["headline"]
    found = [("json-ld:headline", text) for text in stated]
    below = headlines_below_breadcrumbs(blocks, stated)
    found += [("h1", below.get(name_key(text), text)) for text in markup.values["h1"][:5]]
    found += (lower := _lower_heading(markup, site_names))
    if lower or not any(len(text.split()) > 1 for text in markup.values["h1"]):
        whole = (text for _, text in markup.first("title") if not headlines(blocks, [text]))
        parts = [part for text in whole for part in title_parts(text, ": ")[1:]]
        longest = max(parts, key=len, default="")
        if _words(longest) >= HEADLINE_WORDS:
            found += [("printed", blocks.texts[n]) for n in headlines(blocks, [longest])[:1]]
    found += [("og:title", text) for _, text in markup.first("meta:og:title")]
    found += markup.first("title", "itemprop:headline")
    found += [("twitter:title", text) for _, text in markup.first("meta:twitter:title")]
    found += [("meta:title", text) for _, text in markup.first(*META["title"])]
    return [Evidence("title", text, source) for source, text in found]


def _words(text: str) -> int:
    """Words of *text*; two characters of a script without spaces are one."""
    return len(text.split()) + len(SPACELESS_LETTER.findall(text)) // 2


def _lower_heading(markup: Markup, site_names: frozenset[str]) -> list[tuple[str, str]]:
    """A heading below the first level, if that has no words or only the name of the site."""
    headings = markup.values["h1"]
    logo = bool(headings) and site_names.issuperset(map(name_key, headings))
    if not logo and any(len(text.split()) > 1 for text in headings):
        return []
    lower = (*markup.values["h2"], *(markup.values["h3"] if logo else ()))
    long = [text for text in lower if _words(text) >= HEADLINE_WORDS]
    if logo:  # a slogan may be below the name of the site
        title = " ".join(name_key(text) for _, text in markup.first("title"))
        long.sort(key=lambda text: name_key(text) not in title)
    return [("printed" if logo else "h2", text) for text in long[:1]]


def _sole_heading(voters: list[Evidence], keys: list[str], *, news: bool) -> int | None:
    """The index of a single ``<h1>`` that is about the same as the head of the page.

    The sources in the head are written once, for search engines and social networks. They share
    most of their words with the heading, or the heading is longer. A different JSON-LD headline of
    a newsroom, or one with the heading after a kicker, is independent of them: then all vote.
    """
    headings = [n for n, voter in enumerate(voters) if voter.source == "h1"]
    others = [key for voter, key in zip(voters, keys, strict=True) if voter.source != "h1"]
    if len(headings) != 1 or not others:
        return None
    key = keys[headings[0]]
    independent = any(
        voter.source == "json-ld:headline" and other != key and (news or key in other)
        for voter, other in zip(voters, keys, strict=True)
    )
    if len(key.split()) < SOLE_WORDS or independent:
        return None
    own, said = set(key.split()), {word for other in others for word in other.split()}
    about = len(own & said) >= SOLE_SHARE * len(own) or len(key) > max(map(len, others))
    return headings[0] if about else None


def _without_kicker(candidate: Evidence, others: list[Evidence]) -> Evidence:
    """A heading without the words before what another source has as the whole title."""
    if candidate.source not in ("h1", "h2"):
        return candidate
    for other in others:
        front = candidate.value[: -len(other.value)]
        if (
            candidate.value.endswith(other.value)
            and 0 < len(front.split()) <= KICKER_WORDS
            and len(other.value.split()) > max(len(front.split()), HEADLINE_WORDS - 1)
            and not front[-1].isalnum()
            and sum(map(str.isalpha, front)) > SMALL_WORD
        ):
            return replace(candidate, value=other.value)
    return candidate


def _completes(item: Evidence, title: str) -> bool:
    """Whether *item* continues *title*, truncated at dots, in a word or at a quotation mark."""
    stem = _ELLIPSIS.sub("", title)
    rest = item.value[len(stem) :]
    if not item.value.startswith(stem) or not _ELLIPSIS.sub("", rest):
        return False
    if stem == title and not (stem[-1:].isalnum() and rest[0].isalnum()):
        return item.source == "h1" and _QUOTED.match(rest) is not None
    return True


def _trimmed(candidate: Evidence, site_names: frozenset[str]) -> str:
    """A candidate without the site's name, and without what follows a bar in the page's head."""
    title = _PAGE.sub("", without_site(_ANCHOR.sub("", candidate.value), site_names))
    barred = _BAR.fullmatch(title) if candidate.source in HEAD_SOURCES else None
    return barred[1].strip() if barred else title


def without_site(title: str, site_names: frozenset[str]) -> str:
    """Remove the site's name from either end of *title*; empty if nothing else is left."""
    if name_key(title) in site_names:
        return ""
    cuts = [match.span() for match in _SEPARATOR.finditer(title)]
    while cuts:
        start, end = cuts[-1]
        if is_site_name(title[end:], site_names):
            title = title[:start].strip()
        elif is_site_name(title[: cuts[0][0]], site_names):
            title = title[cuts[0][1] :].strip()
        else:
            break
        cuts = [match.span() for match in _SEPARATOR.finditer(title)]
    return "" if name_key(title) in site_names else title.strip()


def title_parts(title: str, *more: str) -> list[str]:
    """*title*, and its parts between separators: the headline, sections, the site.

    Args:
        more: additional separators, such as a colon.

    >>> title_parts("Ferry sinks | News - The Courier")
    ['Ferry sinks | News - The Courier', 'Ferry sinks', 'News', 'The Courier']
    """
    parts = _SEPARATOR.split(title)
    for mark in more:
        parts = [each for part in parts for each in part.split(mark, 1)]
    return [title, *parts] if len(parts) > 1 else [title]


def is_site_name(text: str, site_names: frozenset[str]) -> bool:
    """Whether *text* is a name of the site, or at most five words that contain one."""
    key = name_key(text)
    if key in site_names:
        return True
    words = key.split()
    squeezed = "".join(words)
    return 0 < len(words) <= 5 and any(
        len(name) >= 4 and name.replace(" ", "") in squeezed for name in site_names
    )


def names_in_headings(candidates: list[Evidence]) -> frozenset[str]:
    """``name_key`` of the headings that are the site's name in its logo.

    ``<title>`` ends with them, after something longer, or begins with them, before the title that
    another source has.
    """
    titles = [candidate.value for candidate in candidates if candidate.source == "title"]
    headings = [candidate for candidate in candidates if candidate.source == "h1"]
    found = set()
    for heading, title in product(headings, titles):
        front, back = title[: -len(heading.value)], title[len(heading.value) :]
        tail = title.endswith(heading.value) and len(front) > len(heading.value)
        others = {name_key(each.value) for each in candidates if each.source != "h1"}
        head = title.startswith(heading.value) and len(back) > len(heading.value)
        head = head and bool(_HEAD.match(back)) and name_key(back) in others
        if head or (tail and _TAIL.fullmatch(front)):
            found.add(name_key(heading.value))
    return frozenset(found)


def _weights(voters: list[Evidence], keys: list[str]) -> list[float]:
    """The weight of each source's vote; less for headings that no other source repeats."""
    others = [key for voter, key in zip(voters, keys, strict=True) if voter.source != "h1"]
    said = {word for key in others for word in key.split()}
    distinctive = any(len(key.split()) >= HEADLINE_WORDS for key in others)
    headings = [n for n, voter in enumerate(voters) if voter.source == "h1"]
    repeated = {
        n
        for n in headings
        if any(
            other == keys[n] or (len(keys[n]) >= MIN_PREFIX_CHARS and keys[n] in other)
            for other in others
        )
    }
    weights = [WEIGHTS[voter.source] for voter in voters]
    if any(voter.source == "h2" for voter in voters):
        weights = [
            w if len(key.split()) >= HEADLINE_WORDS or keys.count(key) > 1 else w * SHORT_TITLE
            for w, key in zip(weights, keys, strict=True)
        ]
    for n in headings:
        own = set(keys[n].split())
        if distinctive and said.isdisjoint(word for word in own if len(word) > SMALL_WORD):
            weights[n] *= UNRELATED
        elif n not in repeated and (repeated or n != headings[0]):
            weights[n] *= UNSUPPORTED
        elif n not in repeated and len(own) >= 4 and len(own & said) >= 0.5 * len(own):
            weights[n] *= ALIKE
    return weights


def headlines(blocks: Blocks, titles: Sequence[str]) -> list[int]:
    """Indices of the blocks that are the headline: headings, else any blocks with that text.

    *titles* are the candidates, the most likely first.
    """
    for title in titles:
        key, limit = name_key(title), 2 * len(title)
        if not key:
            continue
        near = [n for n, flags in enumerate(blocks.near) if flags & HEADING]
        same = _saying(blocks.texts, near, key, limit)
        same = same or _saying(blocks.texts, range(len(blocks.texts)), key, len(title) + 2)
        if same:
            return same
    return []


def headlines_below_breadcrumbs(blocks: Blocks, stated: Sequence[str]) -> dict[str, str]:
    """Map each ``<h1>`` in the breadcrumbs, as ``name_key``, to the headline below them.

    Such an ``<h1>`` is written for search engines. The headline is a heading that follows, if it
    is among *stated*, the headlines in the page's JSON-LD.
    """
    titles = {name_key(title): title for title in stated}
    crumbs = [n for n, flags in enumerate(blocks.near) if flags & H1 and _in_menu(blocks, n)]
    return {
        name_key(blocks.texts[n]): titles[key]
        for n in crumbs
        for m in range(n + 1, min(n + 1 + BELOW_CRUMBS, len(blocks.texts)))
        if blocks.near[m] & HEADING and not _in_menu(blocks, m)
        if (key := name_key(blocks.texts[m])) in titles
    }


def _in_menu(blocks: Blocks, n: int) -> bool:
    return bool((blocks.near[n] | blocks.around[n]) & MENU)


def _saying(texts: list[str], places: Sequence[int], key: str, limit: int) -> list[int]:
    low = len(key)
    return [
        n
        for n in places
        if low <= len(texts[n]) <= limit and name_key(_PAGE.sub("", texts[n])) == key
    ]
