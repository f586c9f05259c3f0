"""What a line says of time and place: stamps (``says_when``), their dates, datelines."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

from pipeline.clean.dates import MONTHS, WEEKDAYS, ZONES, Order, PrintedDate, find_date
from pipeline.clean.words import WORDS, any_of
from pipeline.text.unicode import FIRST_SPACELESS

STAMP_MOST, AGE_WORDS, OTHER_WORDS = 20, 6, 1
"""Words of the longest line of time stamps (two, with labels and weekdays), of the longest age or
reading time (``Temps de lecture : 3 min``); other words in a time stamp: a section or an outlet."""
SPACELESS_LETTERS, UNIT_LETTERS = 4, 3
"""Letters that count as a word where no spaces separate words; letters of a unit after a number."""
MOST_COUNTED = 100
"""Minutes and hours below which they are an age."""
PUBLISHED, UPDATED, OTHER_DAY = WORDS["published"], WORDS["updated"], WORDS["other_day"]
"""Words before the day of publication, of a change, and of something else."""
DATE_LABELS = PUBLISHED | UPDATED
_FIRST = frozenset({"first", "appeared"})
_PUBLISHED = PUBLISHED - _FIRST
"""Labels of publication on pages, where the *first* match has a day too."""
_CHANGED = UPDATED | {"änderung", "aktualisierung", "lastupdate"}
"""Labels of a change on pages; in texts, some of these words are common."""
STAND_WORDS = 2
"""Words of the longest label with *Stand*, which is also a booth: ``Stand vom``."""

STAMP_WORDS = DATE_LABELS.union(
    map(str.casefold, MONTHS),
    map(str.casefold, WEEKDAYS),
    (zone.casefold() for zone in ZONES),
    *(WORDS[name] for name in ("age", "reading_time", "time_unit", "time_stamp")),
)
"""Words of dates, times and their labels; ages: ``3 hours ago``; reading times: ``4 min read``."""

CLOCK = re.compile(
    r"\W{0,3}(?:[01]?\d|2[0-4])\s?[:.h]\s?[0-5]\d(?:\s?[a-z][a-z.]{0,4}){0,2}\W{0,3}", re.IGNORECASE
)
_TIME_INSIDE = re.compile(r"(?<!\d)(?:[01]?\d|2[0-4])[:.h][0-5]\d(?!\d)")
_NUMERIC = re.compile(r"[\d年月日時时点點分秒년월일시분초]")
_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"[^\W\d_]+")


def says_when(text: str, words: tuple[str, ...]) -> bool:
    """Whether a line has a date, an age or a reading time and, apart from labels, little else.

    A time of day without a date counts after ``Published`` or ``Updated``.
    """
    if len(words) > STAMP_MOST or not _DIGIT.search(text):
        return False
    others = _others(words)
    if others > OTHER_WORDS:
        return False
    timed = words[0] in DATE_LABELS and _TIME_INSIDE.search(text)
    # Whichever number comes first, it is a date.
    return find_date(text, "day") is not None or bool(not others and (timed or _is_age(words)))


def _is_age(words: tuple[str, ...]) -> bool:
    """Whether *words* of a time stamp are an age or a reading time: ``vor 3 Stunden``."""
    counted = any(word.isdecimal() and int(word) < MOST_COUNTED for word in words)
    said = not (WORDS["age"] | WORDS["reading_time"]).isdisjoint(words)
    ago = counted and said and not WORDS["time_unit"].isdisjoint(words)
    return len(words) <= AGE_WORDS and (ago or "ago" in words or "read" in words)


def _others(words: tuple[str, ...]) -> int:
    """How many *words* are neither numbers, alone or with a unit, nor ``STAMP_WORDS``."""
    # Where no spaces separate words, a sentence may open with a number.
    return sum(
        1 if word[0] < FIRST_SPACELESS else -(-len(word) // SPACELESS_LETTERS)
        for word in words
        if word not in STAMP_WORDS
        and not (
            word[0].isdigit() and (word.isascii() or len(_NUMERIC.sub("", word)) <= UNIT_LETTERS)
        )
    )


def kind_of_label(words: frozenset[str], before: str = "") -> str:
    """``published``, ``updated``, ``other`` or ``plain``, by the case-folded *words* before a date.

    Args:
        before: the text of the same line before the date, of which the end counts.
    """
    if not words.isdisjoint(_PUBLISHED) or words >= _FIRST:
        return "published"
    to_date = "jour" in words and not words.isdisjoint({"mis", "mise"})
    to_date = to_date or ("stand" in words and len(words) <= STAND_WORDS)
    if to_date or not words.isdisjoint(_CHANGED) or _is_labelled(before, WORDS["changed"]):
        return "updated"
    return "other" if _is_span(before) or is_of_something_else(before) else "plain"


_LABEL = re.compile(
    rf"(?i:{any_of('changed')})(?![^\W\d_A-Z])|[日号號分](?=更新)"
    r"|[^\W\d_]*?[a-zß-ÿ](?=[A-Z])|[^\W\d_]+"
)
"""A word, or the part of one before a capital: ``UpdatedMay 3, 2024``."""
_DAY_CHANGED = frozenset(UPDATED | WORDS["changed"])
DAY_LABELS = DATE_LABELS | _DAY_CHANGED
"""Labels of the day of publication, and of a change."""
BEFORE_DAY, COLON_WORDS = 3, 5
"""So many words before a day, or before the colon of its label, are searched for one."""
_PARTED = re.compile(r"[|•»>/?]|\s[–—-]\s")
"""What separates a label from what is before it: ``Home > News >``."""
_NEAR = re.compile(r"\s?[:：]?(?:[\s’'][^\W\d_A-Z]{1,4})?\s?[:：]?\s{0,3}")
"""What may stand between a label and its day: a colon or a preposition."""
_LOOSE = WORDS["changed"] - UPDATED
"""Labels that are other words unless a day is right behind them."""
_SPAN = re.compile(
    r"(?i)\s?(?:[–—-]|\b(?:to|until|till|bis|au|al|a|à|até|tot|t/m|do|по|до)\b)\s?(?=\d|[^\W\d_]{3})"
)
_SPAN_OPENINGS = frozenset(WEEKDAYS) | frozenset(
    "del du dal von vom from van fra från de da des od z с з من le el il am den between entre "
    "zwischen tussen mellan tra".split()
)
_SPAN_BEFORE = re.compile(
    r"(?i)(?:(?<![^\W\d_])(?P<opening>[^\W\d_]{1,12})[.,]?\s|[:：(]\s?|\A)[0-3]?\d\.?(?:\s(?P<month>[^\W\d_]{3,10})\.?)?(?:[–—-]|\s(?:to|and|until"
    r"|till|bis|und|au|et|al|y|e|a|à|até|tot|en|t/m|och|og|do|i|ja|по|до|и|إلى|ile|ve|sampai|hingga|s/d)\s"
    r"(?:(?P<day>[^\W\d_]{2,12})\.?,?\s)?)\Z"
)
"""The first of two days, before the second: ``5 al``, ``sabato 20 e domenica``."""
_ENTRY = re.compile(r":\s(?:[^\W\d_]+\W+){3}")
_HOURS = re.compile(
    r"(?i)\b\d{1,2}(?:[:.]\d\d)?\s?(?:[ap]\.?m\.?|uhr|h)?\s?(?:to|until|bis|à|–|-)\s?"
    r"\d{1,2}(?:[:.]\d\d)?\s?(?:[ap]\.?m\b|uhr\b|h\b)"
    r"|\b(?:kl|klo|om|ore|dalle|von|van|from)\.?\s\d{1,2}(?:[:.]\d\d)?\s?(?:to|bis|til|till|tot|alle|–|-)\s?"
    r"\d{1,2}(?:[:.]\d\d)?(?=\s?(?:$|[,;|)]|uhr\b|h\b))"
)
"""When an event begins and ends."""
_LIFE = re.compile(r"[†✝]|^\*(?!\s\d.*\b(?:199[5-9]|20\d\d)$)\s?\d(?!.*\*$)")
"""Days of birth and death; between asterisks a line is emphasised, and a new day after one is
listed."""


def printed_dates(text: str, order: Order | None = None) -> dict[str, PrintedDate]:
    """The first dates of publication and of change on a line, by column.

    Args:
        order: see ``find_date``.

    >>> sorted(printed_dates("Updated: 1 October 2014 | Published: 28 March 2014"))
    ['date_modified', 'date_published']
    >>> printed_dates("Updated 8 March 2024").keys()
    dict_keys(['date_modified'])
    """
    labels = [(*match.span(), match[0].casefold()) for match in _LABEL.finditer(text)]
    labels = [(0, 0, ""), *(each for each in labels if each[2] in DAY_LABELS)]
    # The label may come last: ``2024年3月9日更新``.
    last = labels[-1]
    changed = last[2] in _DAY_CHANGED and not _DIGIT.search(text, last[0])
    found: dict[str, PrintedDate] = {}
    for (start, labelled, label), (end, *_) in pairwise((*labels, (len(text), 0, ""))):
        each = _own_day(text[start:end], order)
        after = changed and end == last[0] and not label
        after = after and each is not None and not find_date(text[each.end : end], order)
        near = each and (label not in _LOOSE or _is_near(text[labelled : start + each.start]))
        column = "date_modified" if after or (near and label in _DAY_CHANGED) else "date_published"
        if each is not None and column not in found:
            found[column] = replace(each, start=each.start + start, end=each.end + start)
    return found


def _own_day(text: str, order: Order | None) -> PrintedDate | None:
    """The first date, unless it is that of an event, a life, a picture or a product."""
    found = find_date(text, order)
    if found is None:
        return None
    before = text[: found.start]
    dash = _SPAN.match(text, found.end)
    until = find_date(text[dash.end() :], order) if dash else None
    spans = until is not None and until.start == 0 and until.timestamp != found.timestamp
    entry = not before.strip() and _ENTRY.match(text, found.end)
    hours = _HOURS.search(text, found.start)
    other = spans or _is_span(before) or entry or hours or _LIFE.search(text)
    return None if other or is_of_something_else(before) else found


def _is_span(before: str) -> bool:
    """Whether the text before a day ends with an earlier day of the same event."""
    match = _SPAN_BEFORE.search(before)
    opening, month, day = map(str.casefold, match.groups("")) if match else ("", "", "")
    return (
        bool(match)
        and (not month or month in MONTHS)
        and (not opening or opening in _SPAN_OPENINGS)
        and (not day or day in WEEKDAYS or day in MONTHS or day in _SPAN_OPENINGS)
    )


def is_of_something_else(before: str) -> bool:
    """Whether the text before a day says that it is not that of a story: ``Valid until``.

    Words in a name, such as *Minnie Driver*, say nothing; some do only right before the day.

    >>> is_of_something_else("Foto vom "), is_of_something_else("Foto: Bo Ek ")
    (True, False)
    """
    words = _WORD.findall(_PARTED.split(before)[-1])[-BEFORE_DAY:]
    named = [bool(first.istitle() and word.istitle()) for first, word in pairwise(("", *words))]
    said = {word.casefold() for word, is_named in zip(words, named, strict=True) if not is_named}
    if "immediate" in said:  # For immediate release: May 3, 2021
        return False
    return not said.isdisjoint(OTHER_DAY) or _is_labelled(before, WORDS["other_day_label"])


def _is_near(between: str) -> bool:
    """Whether nothing but a colon or a preposition is between a label and its day."""
    return _NEAR.fullmatch(between) is not None and not any(map(str.isupper, between))


def _is_labelled(before: str, known: frozenset[str]) -> bool:
    """Whether one of *known* words is right before a day, or before the colon of its label."""
    before = _PARTED.split(before)[-1].rstrip()
    ended = before.endswith((":", "："))
    words = list(_WORD.finditer(before))[-(COLON_WORDS if ended else BEFORE_DAY) :]
    return any(
        word[0].casefold() in known and (ended or _is_near(before[word.end() :])) for word in words
    )


DATELINE_CHARS = 90
"""Characters of a paragraph in which the dash after a dateline is."""
_CAPITALS = re.compile(
    r"^(?P<place>[^\W\d_a-z]{2}[^\W\d_]*(?:[ .,’'/-]{1,2}[^\W\d_]{1,20}\.?){0,5}?)"
    r"(?P<rest>(?:,\s[^\W\d_]{3,10}\.?\s\d{1,2}(?:,\s\d{4})?)?(?:\s?\([^()]{2,40}\)){0,2}"
    r"|,?\s\d{1,2}\s[^\W\d_]{3,10}\.?(?:\s\([^()]{2,40}\))?)(?:\s?/[\w .-]{2,30}/)?"
    r"\s?(?:[—–]|--|\s-\s?|-\s)\s?(?=\S)"
)

_AGENCY = re.compile(
    r"^(?P<place>[A-Z][^\W\d_]+(?:[ -][A-Z][^\W\d_]+){0,3}(?:,\s[A-Z][^\W\d_.]+\.?)?)"
    r"\s?(?:,\s[^\W\d_]{3,10}\.?\s\d{1,2}\s?)?"
    rf"\((?:{any_of('dateline_agency')}|dpa/\w+)\)\s?[—–:-]{{1,2}}"
)


def find_dateline(text: str) -> tuple[str, PrintedDate | None] | None:
    """Place and date of ``NEW YORK, Sept. 3 (AP) —`` or ``Paris (Reuters) -`` before a text.

    >>> find_dateline("WASHINGTON—The army has said so, and nobody in the town objected.")
    ('WASHINGTON', None)
    >>> find_dateline("NASA - what it does") is None
    True
    """
    head = text[:DATELINE_CHARS]
    agency = _AGENCY.match(head) if "(" in head else None
    match = agency or _CAPITALS.match(head)
    if match and (agency or _is_place(match["place"], text)):
        return match["place"], find_date(match[0])
    return None


def _is_place(place: str, text: str) -> bool:
    """Whether words before a dash are a place: in capitals, except after a comma."""
    words = _WORD.findall(place.partition(",")[0])
    # A short abbreviation, or a heading all in capitals, is not a dateline.
    long = sum(map(len, words)) >= 5 and len(text) >= 60 and not text.isupper()
    return long and all(map(str.isupper, words)) and words[0] not in WORDS["no_place"]
