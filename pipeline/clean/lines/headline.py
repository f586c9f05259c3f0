"""Lines that may be the headline, and what is seen of them."""

from __future__ import annotations

import re
from math import log
from operator import add

from pipeline.clean.address import said_by_url
from pipeline.clean.lines.choices import (
    AROUND,
    Candidate,
    Features,
    Reading,
    gathered,
    log_odds,
    rated,
)
from pipeline.clean.lines.page import LineRecord
from pipeline.clean.phrases import PHRASES
from pipeline.clean.signs import CLOSING

LEAST_SHARE, MOST_CANDIDATES = 0.01, 12
"""The tagger's probability from which a line is a candidate; the most such candidates of a text,
and the most of those lines that repeat one without the site's name."""
FIRST, ABOVE_STORY, ADDRESSED, WORDS_MOST = 3, 8, 0.4, 35
"""Other candidates: among so many first lines, or lines above the story; with such a share of the
address's words; words of the longest."""
HEADLINE_SHARE = 0.3
"""Probability from which a line tells where bylines are."""
REPEATED_CHARS = 15
"""Characters of the shortest candidate that is looked for within other lines."""
STATED_SHARE = 0.5
"""The tagger's probability from which a line is taken for a byline or time stamp."""
MENU_LINES, SHORT, FEW, USUAL, LONG = 8, 4, 3, range(7, 17), 24
"""Lines before a headline that may be a menu, and words of its entries; words of short lines, of
the usual headline, and of the longest that is expected where it is."""
MENU = frozenset(phrase for phrase in PHRASES["line"]["nav"] if " " not in phrase)
MENU_WORDS = 4
"""Sections named in the shortest menu on one line, which is never the headline."""
LISTS = frozenset({"popular", "related"})
NOTICE_LINES = 6
"""Kinds of headers of other headlines; lines before a headline in which a notice of consent is."""
CONTENT_CHARS, STEM_CHARS = 4, 6
"""Letters of the shortest word that carries meaning; of what its inflections have in common."""
_SITE_NAME = re.compile(r"\s(?:[|–—»·•]|-)\s")


def headlines(text: Reading) -> list[Candidate[bool]]:
    """Lines that may be the headline; copies of a line count once. *text* is told the likeliest.

    Their value: whether a headline is expected here.
    """
    found = gathered(text, "headline", [(False, same) for same in _groups(text)])
    told = " " + " ".join([" ".join(n.words) for n in text.told])
    of_story = 0.0
    if text.url_words:
        story = set[str]().union(*[n.words for n in text.told])
        of_story = len(said_by_url(story, text.url_words)) / len(text.url_words)
    # Inflections share the beginning of a word. A paragraph of the story shares its words with the
    # others only.
    paragraphs = {n.index for n in text.told}
    own = [each.line.index in paragraphs for each in found]
    shared = [
        [
            told.count(stem) - itself
            for stem in {f" {n[:STEM_CHARS]}" for n in each.line.words if len(n) >= CONTENT_CHARS}
        ]
        for each, itself in zip(found, own, strict=True)
    ]
    parts = [sum(map(bool, counts)) / max(len(counts), 1) for counts in shared]
    for each, counts, part in zip(found, shared, parts, strict=True):
        each.value = _is_above_story(text, each.likeliest, {n.index for n in each.lines})
        each.features |= _seen(text, each, of_story) | {
            "words of the story": part - max(parts),
            "words of each paragraph": sum(counts) / max(len(counts) * len(text.told), 1),
        }
    found = rated(text, "headline", found)
    if found and found[0].chance >= HEADLINE_SHARE:
        text.headline = [line.index for line in found[0].lines]
    return found


def _seen(text: Reading, candidate: Candidate[bool], of_story: float) -> Features:
    """What is seen of a candidate: the lines around it, its wording, and the page's address.

    Args:
        of_story: the share of the address's words that the story has.
    """
    page, shares, line = text.page, text.shares["headline"], candidate.likeliest
    at, words = line.index, text.url_words
    said = len(said_by_url(line.words, words)) if words else 0
    before = page.lines[max(at - MENU_LINES, 0) : at]
    repeated = len(line.text) >= REPEATED_CHARS and page.raw.count(line.text)
    return {
        "share of the next two": log_odds(sum(shares[at + 1 : at + 3])),
        "share of the two before": log_odds(max(shares[max(at - 2, 0) : at], default=0.0)),
        "short lines before": sum([n.word_count <= SHORT and not n.prose for n in before]),
        "lines": log(len(page.lines)),
        "paragraphs": log(1 + len(text.told)),
        "prose before": page.share_before(at),
        "text has a time stamp": 1.0 - text.none["time"],
        "part of another line": repeated > len(candidate.lines),
        "few words": line.word_count <= FEW,
        "usual length": line.word_count in USUAL,
        "full stop": line.text.rstrip(CLOSING).endswith("."),
        "address is of the story": of_story,
        "address has words": bool(words),
        "words of the address": said / max(len(words), 1),
    }


def _groups(text: Reading) -> list[list[LineRecord]]:
    """The candidates, each with its copies: equal lines, also with the site's name after it."""
    page, likely = text.page, _likely(text)
    openings = {n.words[:3] for n in likely if n.words}
    alike = [n for n in page.lines if n.words[:3] in openings]
    named = [n for n in likely if _SITE_NAME.search(n.text)]
    bare = [n for n in alike if any(_has_site_name(line, n.words) for line in named)]
    likely += bare[:MOST_CANDIDATES]
    found: dict[tuple[str, ...], list[LineRecord]] = {}
    for line in likely:
        if line.words:
            found.setdefault(line.words, [line])
    for words, same in found.items():
        others = [n for n in alike if n is not same[0] and n.words[: len(words)] == words]
        same += [n for n in others if n.words == words or _has_site_name(n, words)]
    return [
        same
        for same in found.values()
        if not (same[0] in named and any(_has_site_name(same[0], words) for words in found))
        # A sentence that is printed twice is a lead, a paragraph of the story.
        and not (len(same) > 1 and same[0].prose and same[0].text.endswith((".", "。")))
        and sum(map(MENU.__contains__, same[0].words)) < MENU_WORDS
    ]


def _likely(text: Reading) -> list[LineRecord]:
    """Lines that the tagger takes for the headline, and others where one may be.

    These are the first ones, those above the story, and those that say the address.
    """
    lines, shares, start = text.page.lines, text.shares["headline"], text.start
    said = [at for at, share in enumerate(shares) if share >= LEAST_SHARE]
    said = sorted(said, key=lambda at: -shares[at])[:MOST_CANDIDATES]
    stamps = list(map(add, text.shares["byline"], text.shares["time"]))
    near = {*range(FIRST), *range(max(start - ABOVE_STORY, 0), start)}
    if text.url_words:
        least = ADDRESSED * len(text.url_words)
        short = [n for n in lines if n.word_count <= WORDS_MOST and not n.prose]
        near |= {n.index for n in short if len(text.url_words.intersection(n.words)) >= least}
    others = (lines[n] for n in sorted(near) if 0 <= n < len(lines) and stamps[n] < STATED_SHARE)
    likely = [lines[at] for at in said]
    likely += [n for n in others if n.word_count <= WORDS_MOST and not n.prose]
    return [n for n in likely if n.word_count > 1 and not n.kinds]


def _has_site_name(line: LineRecord, words: tuple[str, ...]) -> bool:
    """Whether a line is a headline of these *words* with the site's name after it."""
    return (
        2 < len(words) < len(line.words)
        and line.words[: len(words)] == words
        and _SITE_NAME.search(line.text) is not None
    )


def _is_above_story(text: Reading, line: LineRecord, copies: set[int]) -> bool:
    """Whether a few words are right above the story and below nothing but their own *copies*.

    A notice of consent may also be above them, and a button, stamp or caption below them.
    """
    at, page = line.index, text.page
    few = line.word_count <= LONG and not (line.prose or line.kinds or line.signs)
    ended = line.text.rstrip(CLOSING).endswith((".", "。", ":", ";", ","))
    if not few or ended or line.text[0].islower() or line.text[0].isdigit():
        return False
    behind = page.lines[at + 1 : at + 1 + AROUND]
    others = (n for n in behind if not (n.index in copies or n.kinds or n.signs))
    below = next(others, line)
    above = page.lines[max(at - NOTICE_LINES, 0) : at]
    kinds = set[str]().union(*[n.kinds for n in above])
    first = copies.issuperset(range(at)) or ("legal" in kinds and kinds.isdisjoint(LISTS))
    return first and below.prose and text.story[below.index] > 0
