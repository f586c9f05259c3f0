"""Dates on a line of a page that may be the story's: ``stamps``.

Beside a headline there are also days of meetings, deadlines and pictures. Their labels are without
number. So a date counts if what stands before it is known: nothing, a label of publication or
change, a byline, or what looks like a name, a place, an outlet or a section.
"""

from __future__ import annotations

import re
from dataclasses import replace

from pipeline.clean.bylines import read_byline
from pipeline.clean.datelines import DAY_LABELS, STAMP_WORDS, kind_of_label
from pipeline.clean.dates import PrintedDate, find_date
from pipeline.clean.names import BYLINE_LEAD, has_given_name
from pipeline.clean.words import WORDS

LABEL_WORDS = 3
"""Words of the longest line above a date that is the label of something else."""
MAX_OTHER_CHARS = 40
"""Maximum characters of a line besides its date: a label, a name, minutes to read. 60 would include
dates of broadcasts and quotations."""
SENTENCE_WORDS = 4
"""Minimum words besides the date for a line with a full stop to be a sentence."""
MAX_DATES = 4
"""Maximum dates in a line: of publication and of change, each perhaps twice."""
_DIGITS = re.compile(r"\d")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_GLUED_DATE = re.compile(
    r"(?<=(?<!\d)\d{4})(?=\d{1,2}\.\s?[^\W\d])|(?<=[^\W\d_A-Z])(?=[A-Z][a-z]{2,8}\.?\s\d{1,2},)"
)
"""A missing space between ``28. Juli 2019`` and another date, or a word and ``Dec 30,``."""
_WORD = re.compile(r"[^\W\d_]+")
_SENTENCE = re.compile(r"[^\W\d_]{3,}[.!?…](?:\s|$)")
_EDITION = frozenset({"issue", "ausgabe", "heft", "edition", "édition", "edición", "edizione"})
"""Words next to the date of a printed magazine."""
_KNOWN = STAMP_WORDS | WORDS["story_day"] | {"by"}
"""Words that may be before the day of a story."""
_PARTED = re.compile(r"[|•·●/()\[\]\u2028—–]|(?:\s|(?<=\w))-\s|-\Z")
"""What separates a date from something else, which is complete then."""
_WITH = frozenset(
    "vom von van du del della dal of från fra from od din z της da do de від от".split()
)
"""Prepositions between a label and its day, but not between a name and a day."""
_DOTTED = re.compile(r"\w\.\w")
_CHANGES = DAY_LABELS | {"jour", "stand"}
_BY = frozenset({"by", "von", "par", "por", "av", "af", "di", "door"})
ACCOUNT_WORDS = range(3, 6)
"""Words of *Submitted by* and the name of an account: ``gespeichert von amw am``."""


def stamps(line: str, label: str) -> list[tuple[str, str]]:
    """The dates in *line*, each with its kind: published, updated or plain; no others.

    *label* is the previous line. A plain date counts only if none is labelled as published, no
    plain one is on another day, and the line contains little else.
    """
    line = _GLUED_DATE.sub(" | ", line)
    if "@" in line or not _DIGITS.search(line):
        return []
    found = _dates_in(line, label)
    first: dict[str, PrintedDate] = {}
    for date, kind in found:
        first.setdefault(kind, date)
    if "published" in first or not ("plain" in first and _is_stamp(line, found, first["plain"])):
        first.pop("plain", None)
    kinds = [kind for kind in ("published", "plain", "updated") if kind in first]
    return [(line[first[kind].start : first[kind].end], kind) for kind in kinds]


def _dates_in(line: str, label: str) -> list[tuple[PrintedDate, str]]:
    """The dates in *line*, each with its kind."""
    found: list[tuple[PrintedDate, str]] = []
    start, before = 0, _words(label)
    above = label if len(before) <= LABEL_WORDS else ""
    while (each := find_date(line[start:])) is not None and len(found) < MAX_DATES:
        date = replace(each, start=start + each.start, end=start + each.end)
        own = line[start : date.start]
        kind = kind_of_label(_words(own) or before, own if own.strip() else above)
        # Of two plain days, the second may be the end of an event: then neither counts.
        later = bool(found) and kind == "plain"
        found.append((date, kind if later or is_of_story(own, kind) else "other"))
        start, before, above = date.end, frozenset(), ""
    if found and found[-1][1] == "plain" and kind_of_label(_words(line[start:])) == "updated":
        found[-1] = (found[-1][0], "updated")  # 3 May 2021 (updated)
    return found


def is_of_story(before: str, kind: str = "plain") -> bool:
    """Whether what is *before* a date, of that *kind*, leaves it the date of a story or a change.

    >>> is_of_story("Berlin, "), is_of_story("By Ann Lee on "), is_of_story("Council meeting, ")
    (True, True, False)
    """
    part = _PARTED.split(before)[-1].replace("：", ":")
    if kind == "updated":  # Updated plans on show: 3 May
        part = part[max((m.end() for m in _WORD.finditer(part) if _is_change(m[0])), default=0) :]
    _, colon, tail = part.rpartition(":")
    if kind == "published" or (colon and _others(tail)):
        return True
    named = [piece for piece in re.split("[,،]", part) if _others(piece)]
    return not named or _is_byline(part) or (not colon and _may_be_name(named, part.rstrip()))


def _is_byline(text: str) -> bool:
    """Whether *text* before a date is a byline, or *Submitted by* and an account."""
    words = text.casefold().split()
    account = len(words) in ACCOUNT_WORDS and words[0] in _KNOWN and words[1] in _BY
    return account or bool(read_byline(f"{BYLINE_LEAD.sub('By ', text)} 2001-02-03"))


def _may_be_name(pieces: list[str], text: str) -> bool:
    """Whether the last of the *pieces* between commas of *text* may be a person, place or outlet.

    Their words are capitalised, in scripts that have capitals. A single word right before a date
    (*Meeting 3 May*) needs more: to be a given name, an agency, or no ordinary word.
    """
    name = pieces[-1].strip()
    if text.casefold() in WORDS["story_day"] or has_given_name(name) or _DOTTED.search(name):
        return True
    words = [word for word in name.split() if word.casefold() not in STAMP_WORDS]
    last = text.rpartition(" ")[2]
    if len(pieces) == 1 and last.casefold() in _WITH:
        return False
    if any(word[0].islower() and word not in WORDS["particles"] for word in _others(name)):
        return False
    alone = len(words) == 1 and not text.endswith((",", "،")) and "," not in text
    return not (alone and words[0].istitle() and words[0].casefold() not in WORDS["byline_agency"])


def _others(text: str) -> list[str]:
    """The words of *text* that are no label of the day of a story."""
    return [word for word in _WORD.findall(text) if len(word) > 1 and word.casefold() not in _KNOWN]


def _is_change(word: str) -> bool:
    return word.casefold() in _CHANGES


def _is_stamp(line: str, found: list[tuple[PrintedDate, str]], first: PrintedDate) -> bool:
    """Whether *line* contains little else than its dates, and no plain one on another day."""
    other, end = [], 0
    for date, kind in found:
        if kind == "plain" and date.timestamp.instant.date() != first.timestamp.instant.date():
            return False
        other.append(line[end : date.start])
        end = date.end
        if kind == "updated":
            break
    else:
        other.append(line[end:])
    rest = "".join(other)
    if not _EDITION.isdisjoint(_words(rest)):
        return False
    if line.endswith(".") and len(rest.split()) >= SENTENCE_WORDS:
        return False
    return len(rest) <= MAX_OTHER_CHARS and not _SENTENCE.search(rest) and not _YEAR.search(rest)


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))


def is_labelled(line: str, printed: str) -> bool:
    """Whether only a label is before a *printed* date in its sentence: ``Published: 9 May``."""
    before = re.split(r"[.;]\s", line.partition(printed)[0])[-1]
    return not (_others(before) or _PARTED.search(before))
