"""Rules that look at more than one line: what stands around a line decides."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Set as AbstractSet
from functools import lru_cache
from itertools import pairwise

from pipeline.clean.dates import find_date
from pipeline.clean.lines.page import LineRecord, Page
from pipeline.clean.lines.phrases import WORDS, opening_kinds
from pipeline.clean.lines.signs import CLOSING, HEADER_WORDS, OPEN_QUOTES
from pipeline.clean.lines.stamps import MAX_WORDS

NAME_WORDS = 5
"""Words of the longest line that is an author's name alone."""
HEADERS = frozenset({"related", "comments", "newsletter", "legal"})
"""Kinds of headers below which other things than the story stand."""
MID_STORY = 0.8
"""Share of the prose before a header from which what follows may be cut to the end."""
COMMENTS_AFTER = 0.5
"""Share of the prose before ``Comments`` from which even prose below it is readers' prose."""
ITEM_WORDS = 26
"""Words of the longest teaser in a list of other stories."""
FULL_STOPS = (".", "。")
"""What ends a sentence of the story, and hardly ever a teaser."""


_BIO = re.compile(
    r"\b(?:my name is|i am the (?:editor|founder|author)|(?:is|was|works as) (?:an?|the"
    r"|our)?\s?(?:[\w’'-]+\s){0,5}?"
    r"(?:reporter|correspondent|editor|journalist|columnist|writer|freelancer|contributor|blogger"
    r"|author of|professor|fellow|producer|photographer)\b"
    r"|covers [\w ,’'&-]{2,60} for\b|joined (?:the )?[\w ’'&.-]{2,40} in \d{4}|has (?:worked"
    r"|written|reported|covered) (?:for|about|on)\b"
    r"|(?:follow|reach|email|contact) (?:him|her|them|me|us) (?:on|at)\b|can be reached (?:at|on"
    r"|via)"
    r"|ist (?:freie[r]?\s|seit \d{4}\s)?(?:redakteur|redakteurin|journalist|journalistin"
    r"|korrespondent|autorin?|volontärin?)\b"
    r"|est journaliste|es periodista|è (?:un |una )?giornalista|é jornalista"
    r"|is (?:freelance)?\s?journalist)",
    re.IGNORECASE,
)

BIO_WORDS = WORDS["biography"]
BIO_PARTS = ("rnalist", "periodista")
"""``_BIO`` matches only where a line has one of these words, or one of these parts of words."""
BIO_CHARS = 400
"""Characters of a line in which ``_BIO`` is sought."""

_FIRST_PERSON = re.compile(
    r"\b(?:introduce myself|my name is|i am the (?:editor|founder|author|owner)|about the author"
    r"|über den autor|sobre el autor|à propos de l[’']auteur)\b",
    re.IGNORECASE,
)


def tail_section(page: Page) -> list[int]:
    """A header such as ``Related articles`` or ``Comments`` below the story, and what it heads.

    Teasers and short lines below the header go with it, up to the next paragraphs of story. Below
    most of the story everything below ``Comments`` goes, since readers write prose too. In the
    middle of a story only the header and the teasers right below it go, never a subheading.
    """
    cut: set[int] = set()
    for line in page.marked:
        if line.prose or len(line.words) > HEADER_WORDS or "pointer" in line.signs:
            continue
        if not _opens_as(line, HEADERS):
            continue
        if heads_the_rest(page, line):
            cut.update(range(line.index, len(page.lines)))
            break
        if line.index not in cut:
            cut.update(_section(page, line))
    return sorted(cut)


def author_block(page: Page) -> list[int]:
    """The author's name as a link, and the biography below the story.

    A biography is a line below the story that calls somebody a reporter, an editor or a writer of
    something, or introduces its writer in the first person under the author's name.
    """
    cut: set[int] = set()
    authors = {name.casefold() for name in page.authors}
    first_names = {name.split()[0] for name in authors if name}
    told = page.prose_before[-1] or 1
    for line in page.lines[bisect_left(page.prose_before, 0.6, key=lambda words: words / told) :]:
        if not line.words:
            continue
        named = bool(line.signs) and "handle" in line.signs
        if authors and line.word_count <= NAME_WORDS:
            text = line.text.casefold().strip(" .:–-|")
            named |= text in authors or (text in first_names and len(text) > 3)
        after_name = line.index - 1 in cut
        if named or (
            (after_name or _names_office(line)) and _is_biography(page, line, after_name=after_name)
        ):
            cut.add(line.index)
    return sorted(cut)


def _is_biography(page: Page, line: LineRecord, *, after_name: bool) -> bool:
    """Whether a line below the story presents its author."""
    if line.word_count > 200 or line.text[0] in OPEN_QUOTES:
        return False
    if after_name and _FIRST_PERSON.search(line.text[:2000]):
        return True
    rest = page.prose_before[-1] - page.prose_before[line.index]
    near_end = rest <= max(line.word_count + 60, 0.15 * page.prose_before[-1])
    if not near_end or line.word_count > 120:
        return False
    if not (_names_office(line) and _BIO.search(line.text[:BIO_CHARS])):
        return False
    named = any(name.split()[-1] in line.words for name in map(str.casefold, page.authors) if name)
    return named or after_name or _only_last(page, line)


def _names_office(line: LineRecord) -> bool:
    """Whether a line has a word without which ``_BIO`` finds nothing."""
    if not BIO_WORDS.isdisjoint(line.words):
        return True
    head = line.text[:BIO_CHARS].casefold()
    return any(part in head for part in BIO_PARTS)


def _only_last(page: Page, line: LineRecord) -> bool:
    """Whether no story follows, and the line opens with a name that the story did not use."""
    if page.prose_before[-1] - page.prose_before[line.index + 1] > 0 or len(line.words) < 4:
        return False
    name = line.words[1]
    if not (line.text[0].isupper() and line.text.split(" ")[1][:1].isupper()):
        return False
    return not any(name in other.words for other in page.lines[: line.index] if other.prose)


def _opens_as(line: LineRecord, kinds: AbstractSet[str]) -> bool:
    """Whether a line is of one of *kinds* by its first words: a phrase inside heads nothing."""
    return not kinds.isdisjoint(line.kinds) and not kinds.isdisjoint(_opening_kinds(line.words))


_opening_kinds = lru_cache(maxsize=1 << 12)(opening_kinds)
"""Remembered for the lines of menus, which return on every page of a site."""


def _section(page: Page, header: LineRecord) -> list[int]:
    """The header's own line and those that belong to it."""
    before = page.share_before(header.index)
    if before == 0.0:
        # Above the story such words are links in a menu, and a headline may follow them.
        return [header.index] if header.kinds & {"related", "legal"} else []
    return [header.index, *_items(page, header.index + 1, strict=before < MID_STORY)]


def heads_the_rest(page: Page, line: LineRecord) -> bool:
    """Whether nothing but readers' comments can follow: a plain header, below most of the story."""
    return (
        len(line.words) <= 5
        and not line.terminal
        and not line.prose
        and _opens_as(line, {"comments"})
        and page.share_before(line.index) >= COMMENTS_AFTER
    )


def _items(page: Page, start: int, *, strict: bool) -> list[int]:
    """Lines from *start* on that look like teasers; *strict* in the middle of a story."""
    items: list[int] = []
    for index in range(start, len(page.lines)):
        line = page.lines[index]
        if line.prose and not line.kinds and _is_story(page, line, after_items=len(items) >= 2):
            break
        if strict and line.words and not line.kinds and _goes_on(line):
            break
        items.append(line.index)
    if strict and len(items) < len(page.lines) - start:
        return [i for i in items if page.lines[i].word_count <= ITEM_WORDS]
    return items


def _goes_on(line: LineRecord) -> bool:
    """Whether a line below a header may be the story: a subheading, or a sentence."""
    if line.word_count < 6 and line.text[0].isalpha():
        return True
    return line.text.rstrip(CLOSING)[-1:] in FULL_STOPS


def _is_story(page: Page, line: LineRecord, *, after_items: bool) -> bool:
    """Whether a line of prose below a header is story again, and no teaser."""
    if line.word_count > ITEM_WORDS:
        return True
    following = page.lines[line.index + 1 : line.index + 3]
    return any(other.prose for other in following) or not (following or after_items)


@lru_cache(maxsize=2)
def caption_or_credit(page: Page) -> frozenset[int]:
    """The lines that are captions or credits; two rules ask, so the last page is remembered.

    Evidence is a credit's label at the start of a line, a credit at its end, words that refer to
    the picture, or its place: a sentence that ends in a full date, above the story's time stamp.
    """
    found = {line.index for line in page.marked if "credit" in line.signs}
    for line, following in pairwise(page.lines[:3]):
        if line.terminal and line.short and "timestamp" in following.signs:
            tail = line.text[-60:]
            printed = find_date(tail)
            if printed is not None and len(tail) - printed.end <= 3:
                found.add(line.index)
    return frozenset(found)


MIN_PREFIX = 4
"""Words of the headline that a line must repeat to be a cut copy of it."""


def repeated_title(page: Page) -> list[int]:
    """The headline again: word for word, with the site's name behind it, or cut short.

    A shortened copy is taken for one only beside a caption or within the lines above the story:
    a sentence that begins as the headline does is the story.
    """
    if not page.title:
        return []
    title = tuple(re.findall(r"\w+", page.title.casefold()))
    if len(title) < 2:
        return []
    first = title[:1]
    return [
        line.index
        for line in page.lines
        if line.words[:1] == first
        and line.index != page.title_index
        and _repeats(page, line, title)
    ]


def _repeats(page: Page, line: LineRecord, title: tuple[str, ...]) -> bool:
    words = line.words
    if words == title:
        return True
    if words[: len(title)] == title and not line.prose:
        extra = len(words) - len(title)
        return len(title) >= MIN_PREFIX and extra <= 5 and line.index < page.first_prose
    if len(words) < MIN_PREFIX or line.terminal or words != title[: len(words)]:
        return False
    captions = caption_or_credit(page)
    neighbours = page.lines[max(0, line.index - 1) : line.index + 2]
    beside_caption = any(n.index in captions for n in neighbours if n is not line)
    return beside_caption or line.index < page.first_prose


MIN_ENTRIES = 3
"""Times that stand alone above paragraphs from which a text is a live blog or a chronicle."""


def entry_times(page: Page) -> list[int]:
    """Lines with a time or a date alone, above the entries of a live blog or a chronicle.

    At least ``MIN_ENTRIES`` of them stand above paragraphs; otherwise none is one.
    """
    found = [
        line.index
        for line in page.marked
        if ("clock" in line.signs or "timestamp" in line.signs)
        and 0 < line.word_count <= MAX_WORDS
        and page.share_before(line.index) < 1.0
    ]
    return found if len(found) >= MIN_ENTRIES else []
