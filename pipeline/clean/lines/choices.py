"""Which line is meant: a linear model over what is seen of each candidate, for every role.

    the tagger's probabilities ─▶ candidates ─▶ features of each ─▶ probability of each
    reading_of                    headline.py, authors.py, days.py  rated

The tagger is surer on the pages that it was trained on than on others. These models are fitted to
what it says of pages that it never saw (docs/decisions/0037 and 0039).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import exp, log, tanh
from operator import mul
from typing import Generic, TypeVar

from pipeline.clean.address import day_of_url, words_of_url
from pipeline.clean.dates import Order, is_later, order_of_dates
from pipeline.clean.lines.page import LineRecord, Page
from pipeline.clean.lines.tagger import ROLES, Tags
from pipeline.clean.words import WORDS
from pipeline.records import Timestamp

AROUND = 4
"""Lines above and below a candidate that are looked at."""
HEADER_WORDS, MOST_TOLD = 4, 0.6
"""Words of the longest header of comments; share of the prose above it."""
ENGLISH = frozenset({"and", "from", "that", "the", "with"})
FOREIGN_WORDS, ENGLISH_SHARE, FOREIGN_SHARE, DATED_WORDS = 40, 0.01, 0.05, 25
"""Words of a story that tell its language; shares of them from which it is English, which prints
the month first or the day, and from which it is a language that prints the day first (as 41 of 44
such pages do whose dates tell); words of the longest line whose dates tell."""
_EPSILON = 0.003
"""Added to probabilities, which the tagger rounds to thousandths, before logarithms are taken."""
T = TypeVar("T")
Features = dict[str, float]


@dataclass(eq=False)
class Candidate(Generic[T]):
    """A line that may have a role, and how probable that is.

    Attributes:
        line: the line that is read.
        lines: that line and others that say the same.
        likeliest: of these, the one with the highest probability by the tagger.
        value: what it says.
        features: the same names in the same order for each candidate of a role.
        chance: its probability, beside the other candidates and that no line has the role.
    """

    line: LineRecord
    lines: Sequence[LineRecord]
    likeliest: LineRecord
    value: T
    features: Features
    chance: float = 0.0


@dataclass(eq=False)
class Reading:
    """A page, and what the tagger says of its lines.

    Attributes:
        shares: role → probability that each line has it.
        none: role → probability that no line has it.
        story: of each line, how likely it is story, from -1 to 1.
        told: prose that is probably story.
        start: the first line of *told* without a phrase of boilerplate.
        end: the last line of *told*; past the text if there is none.
        weights: role → a weight for each feature, in order, and a constant.
        url_words: words of a headline in the page's address, without accents.
        url_day: the day in the page's address.
        fetched_at: when the page was fetched.
        headline: lines that are probably the headline, after ``headlines``: it tells where to
            look for a byline and a date.
    """

    page: Page
    shares: dict[str, list[float]]
    none: dict[str, float]
    story: list[float]
    told: list[LineRecord]
    start: int
    end: int
    weights: dict[str, list[float]]
    url_words: frozenset[str]
    url_day: Timestamp | None
    fetched_at: Timestamp | None
    headline: Sequence[int] = ()

    @cached_property
    def order(self) -> Order | None:
        """Which number comes first in ``03/04/2024``: its other dates tell, or its language."""
        short = [n.text for n in self.page.lines if not n.prose and n.word_count <= DATED_WORDS]
        words = [word for n in self.told for word in n.words]
        shares = [sum(map(known.__contains__, words)) for known in (ENGLISH, WORDS["day_first"])]
        foreign = shares[0] < ENGLISH_SHARE * len(words) < FOREIGN_SHARE * len(words) <= shares[1]
        foreign = foreign and len(words) >= FOREIGN_WORDS
        return order_of_dates("\n".join(short)) or ("day" if foreign else None)


def reading_of(
    page: Page, tags: Tags, url: str | None = None, fetched_at: Timestamp | None = None
) -> Reading:
    """What the tagger and the address of a page say, in the form that candidates are measured with.

    Args:
        url, fetched_at: the page's address, and when it was fetched, if that is known.
    """
    story = [tanh(value / 4) for value in tags.story.tolist()]
    # What stands below a header of comments, when most has been told, is said by readers.
    headers = (
        n.index
        for n in page.marked
        if "comments" in n.kinds and n.word_count <= HEADER_WORDS
        if page.share_before(n.index) >= MOST_TOLD
    )
    last = next(headers, len(page.lines))
    told = [n for n, said in zip(page.lines[:last], story, strict=False) if said > 0 and n.prose]
    start = next((n.index for n in told if not n.kinds), 0)
    shares = dict(zip(ROLES, tags.roles.T.tolist(), strict=True))
    none = dict(zip(ROLES, tags.none.tolist(), strict=True))
    end = told[-1].index if told else len(page.lines)
    words, day = (words_of_url(url), day_of_url(url)) if url else (frozenset[str](), None)
    if day is not None and is_later(day, fetched_at):
        day = None
    return Reading(
        page, shares, none, story, told, start, end, tags.choices, words, day, fetched_at
    )


def rated(text: Reading, role: str, found: Sequence[Candidate[T]]) -> list[Candidate[T]]:
    """The candidates with their probabilities, the most probable first."""
    *weights, constant = text.weights[role]
    powers = [exp(sum(map(mul, weights, each.features.values()), constant)) for each in found]
    total = 1.0 + sum(powers)
    for each, power in zip(found, powers, strict=True):
        # Rounded, so that the last digits of exp and of sums, which differ between machines, cannot
        # decide which is first: candidates as probable as each other keep their order.
        each.chance = round(power / total, 3)
    return sorted(found, key=lambda each: -each.chance)


def gathered(
    text: Reading, role: str, found: Iterable[tuple[T, Sequence[LineRecord]]]
) -> list[Candidate[T]]:
    """Candidates with the features that those of every role have: probability, rivals, place.

    Args:
        found: for each candidate what its lines say, and these; the first one is read.
    """
    groups, shares = list(found), text.shares[role]
    masses = [sum([shares[line.index] for line in lines]) for _, lines in groups]
    *_, second, best = sorted([0.0, 0.0, *masses])
    candidates = []
    for (value, lines), mass in zip(groups, masses, strict=True):
        likeliest = min(lines, key=lambda line: (-shares[line.index], line.index))
        at, rival = likeliest.index, second if mass == best else best
        above, below = slice(max(at - AROUND, 0), at), slice(at + 1, at + 1 + AROUND)
        features: Features = {
            "share against rivals": log_odds(mass / (mass + rival + text.none[role] + _EPSILON)),
            "lines before": log(1 + at) / 4,
            "inside the story": at > text.start,
            "above the story": log(1 + max(text.start - at, 0)) / 3,
            "story": text.story[at],
            "line before is story": text.story[at - 1] if at else 0.0,
            "time": text.shares["time"][at],
        }
        for other, near in text.shares.items():
            if role != "headline":
                features[f"{other} above"] = max(near[above], default=0.0)
            if other != "headline":
                features[f"{other} below"] = max(near[below], default=0.0)
        if role != "headline":
            distances = [at - line for line in text.headline if at > line]
            distance = min(distances, default=0)
            features["below the headline"] = 1 / distance if distance else 0.0
        candidates.append(Candidate(lines[0], lines, likeliest, value, features))
    return candidates


def log_odds(share: float) -> float:
    """Natural logarithm of the odds of a probability, finite also at 0 and 1."""
    return log((share + _EPSILON) / (1.0 - min(share, 1.0) + _EPSILON))
