"""Days on which a text may have been published, and what is seen of the lines that say so."""

from __future__ import annotations

import re
from math import log

from pipeline.clean.bylines import byline_names, is_labelled
from pipeline.clean.datelines import PUBLISHED, printed_dates
from pipeline.clean.dates import SLASHED, PrintedDate, find_date, is_later, may_date
from pipeline.clean.lines.choices import Candidate, Reading, gathered, rated
from pipeline.clean.lines.page import DATES_IN_LIST, LineRecord
from pipeline.clean.signs import CLOSING
from pipeline.clean.words import WORDS

LEAST_SHARE = 0.02
"""The tagger's probability from which a line is a candidate wherever it is."""
ABOVE, BELOW_END, STAMP_WORDS = 15, 5, 25
"""Other candidates: so many lines above the story, or below it; words of the longest."""
OTHERS = frozenset({"comments", "read_more", "related"})
BELOW = 100
"""Kinds of headers of comments and of other stories; lines below the story in which one is."""
VENUE_LINES = 2
"""Lines from the day of an event to its place: ``Where: town hall``."""
MAX_STAMP_CHARS = 300
"""Characters of the longest time stamp."""
_AMERICAN = re.compile(r"\b[ECMP][SD]?T\b|\b\d/\d\d/[12]\d{3}")
"""Signs of an American stamp in another language, or in a form of its own: ``3/04/2024``."""
VENUE = WORDS["venue"]
_LABEL = re.compile(r"[^\W\d_]{1,20}\s?[:：]\s?\S")
Stamps = dict[str, tuple[PrintedDate, list[LineRecord]]]


def days(text: Reading) -> dict[str, list[Candidate[PrintedDate]]]:
    """Column → dates that may belong in it; lines with the same day count once."""
    page, shares = text.page, text.shares["time"]
    entries = _entries(text)
    found: dict[str, Stamps] = {"date_published": {}, "date_modified": {}}
    above = page.lines[max(text.start - ABOVE, 0) : text.start + 2]
    near = above + page.lines[text.end + 1 : text.end + BELOW_END]
    short = [n for n in near if n.word_count <= STAMP_WORDS and not n.prose]
    likely = {at for at, share in enumerate(shares) if share >= LEAST_SHARE}
    likely.update(line.index for line in page.marked if "timestamp" in line.signs)
    likely.update(line.index for line in short if may_date(line.text))
    for line in (page.lines[at] for at in sorted(likely, key=lambda at: (-shares[at], at))):
        other = line.index in entries or "credit" in line.signs or _has_venue(text, line)
        other = other or is_of_another(text, line)
        if not other and len(line.text) <= MAX_STAMP_CHARS:
            unsure = SLASHED.search(line.text) and not _AMERICAN.search(line.text)
            order = text.order if unsure else None
            for column, printed in printed_dates(line.text, order).items():
                # Long after the day of the address it is today's, above a menu.
                latest = (text.fetched_at, text.url_day if column == "date_published" else None)
                if any(is_later(printed.timestamp, each) for each in latest):
                    continue
                found[column].setdefault(printed.timestamp.day, (printed, []))[1].append(line)
    candidates = {column: gathered(text, "time", own.values()) for column, own in found.items()}
    address = text.url_day and text.url_day.day
    for column, own in candidates.items():
        for each in own:
            same = each.value.timestamp.day == address
            each.features["days"] = log(len(found[column]))
            each.features["day of the address"] = same
            each.features["other day than the address"] = bool(address and not same)
    return {column: rated(text, "time", own) for column, own in candidates.items()}


def _has_venue(text: Reading, line: LineRecord) -> bool:
    """Whether the place of an event is right below a line that does not say *published*."""
    if not PUBLISHED.isdisjoint(line.words):
        return False
    below = text.page.lines[line.index + 1 : line.index + 1 + VENUE_LINES]
    return any(n.words[:1] and n.words[0] in VENUE and _LABEL.match(n.text) for n in below)


def is_of_another(text: Reading, line: LineRecord) -> bool:
    """Whether a line below the story is of a reader's comment or of another story.

    Their header is above it, or the name and the time of day of a comment are on one line or two,
    without a label, and what was said is below.
    """
    if line.index <= text.end:
        return False
    nearest = text.page.lines[text.end + 1 : min(line.index, text.end + 1 + BELOW)]
    if any(each.kinds & OTHERS for each in nearest):
        return True
    lines = text.page.lines[line.index - 1 : line.index + 3]
    for at in (1, 0) if lines[0].index > text.end else (1,):
        name, *below = lines[at : at + 3]
        # Whichever number comes first, it is a date.
        stamp = find_date(name.text, "day") or (below and find_date(below.pop(0).text, "day"))
        said = below[0] if stamp and below else None
        if (
            not (stamp and said)
            or stamp.timestamp.precision == "day"
            or find_date(said.text, "day")
        ):
            continue
        ended = said.text.rstrip(CLOSING)[-1:] in {".", "!", "?", "…"} and not said.kinds
        if ended and not is_labelled(name.text) and byline_names(name.text):
            return True
    return False


def _entries(text: Reading) -> set[int]:
    """Dates of a list or a live blog: each belongs to its entry.

    The first of them, above the story, is one too if they say several days.
    """
    page, below = text.page, text.story[1:]
    headed = [n for n in page.entry_times if max(below[n : n + 1], default=0.0) > 0]
    stated = [find_date(page.lines[n].text, "day") for n in headed]
    if len({each.timestamp.day for each in stated if each}) >= DATES_IN_LIST:
        return set(headed)
    inside = {n for n in headed if page.share_before(n) > 0}
    return inside if len(inside) >= DATES_IN_LIST else set()
