"""Days on which a text may have been published, and what is seen of the lines that say so."""

from __future__ import annotations

from datetime import date, timedelta
from math import log

from pipeline.clean.datelines import printed_dates
from pipeline.clean.dates import PrintedDate
from pipeline.clean.lines.choices import Candidate, Reading, gathered, rated
from pipeline.clean.lines.page import DATES_IN_LIST, LineRecord

LEAST_SHARE = 0.02
"""The tagger's probability from which a line is a candidate."""
MAX_STAMP_CHARS = 300
"""Characters of the longest time stamp."""
Stamps = dict[date, tuple[PrintedDate, list[LineRecord]]]


def days(text: Reading) -> dict[str, list[Candidate[PrintedDate]]]:
    """Column → dates that may belong in it; lines with the same day count once."""
    page, shares = text.page, text.shares["time"]
    # In a list of dates, or a live blog, each belongs to its entry.
    entries = {
        index
        for index in page.entry_times
        if page.share_before(index) > 0 and max(text.story[index + 1 : index + 2], default=0.0) > 0
    }
    entries = entries if len(entries) >= DATES_IN_LIST else set()
    found: dict[str, Stamps] = {"date_published": {}, "date_modified": {}}
    likely = [
        line
        for line, share in zip(page.lines, shares, strict=True)
        if share >= LEAST_SHARE or "timestamp" in line.signs
    ]
    for line in sorted(likely, key=lambda each: -shares[each.index]):
        if line.index not in entries and len(line.text) <= MAX_STAMP_CHARS:
            for column, printed in printed_dates(line.text).items():
                found[column].setdefault(day_of(printed), (printed, []))[1].append(line)
    candidates = {column: gathered(text, "time", own.values()) for column, own in found.items()}
    for column, own in candidates.items():
        for each in own:
            each.features["days"] = log(len(found[column]))
    return {column: rated(text, "time", own) for column, own in candidates.items()}


def day_of(printed: PrintedDate) -> date:
    """The local day of a printed date."""
    stamp = printed.timestamp
    return (stamp.instant + timedelta(minutes=stamp.offset_min or 0)).date()
