"""Decide which articles are copies of which, and which share a cluster.

Articles are taken in the order of representatives (published first, then ``order``). Each one that
is not yet covered is kept, and becomes the representative of a star. It is compared with the
uncovered articles of its own provisional cluster and of those linked with it. One that the model
takes for a copy is covered, and removed, if the representative contains most of it. So no chain of
copies removes anything. Stars whose members mostly match each other are one cluster; all of their
representatives are kept. Read ``decide`` and ``_Stars.cover`` first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import spread
from pipeline.config import DedupConfig
from pipeline.dedup.candidates import Candidates, Floats, Indexes
from pipeline.dedup.evidence import PARTS
from pipeline.dedup.pairs import Match, Similarity, is_near
from pipeline.dedup.versions import (
    Version,
    described_anew,
    fetched_together,
    name_pages,
    of_one_wording,
    versions,
)

MATCHES: tuple[Match, ...] = ("exact", "near", "contained")
"""Codes of ``Decisions.matches``."""
KEPT = 255
"""The match of an article that is kept, but belongs to the cluster of another."""
MOST_REPRESENTATIVES = 64
"""Maximum representatives that an article is compared with. Comparing all pairs would never end in
a bucket of a hundred thousand pages of one template."""
STAR_SAMPLE = 8
"""Members of a star, evenly spaced in its order, that are compared with another star."""
STARS_AGREE = 0.5
"""Minimum share of matching pairs between two stars of one cluster."""
MOST = 0.5
"""Minimum share of a text's ten segments in a longer representative: a text is only removed if most
of it is kept."""
MOST_OF_LONGER = 0.8
"""The same for a shorter representative: a published teaser does not replace the story, nor a story
a page of several."""
PASSAGE, WHOLE = 0.45, 0.8
"""A text is a passage of a longer one if it has less than this share of its length, and at least
this share of it is found there."""
OTHER_NAMES, OTHER_WORDING = 0.34, 0.1
"""Maximum share of names, and of shingles, that passages of different stories have in common. The
pages of one long article share names."""
SAME_LEAD = 0.5
"""Minimum share of a longer text's lead that is in the shorter one if it continues that."""
_AT_ONCE = 1024
"""Pairs compared in one call."""
_STARS_AT_ONCE = 256
"""Pairs of stars of which one member each is compared together."""


@dataclass(frozen=True, eq=False)
class Decisions:
    """What was decided about the candidates that are duplicates, versions or parts of others.

    Attributes:
        articles: uint64[k], ascending.
        representatives: uint64[k], the article that each is a copy of; itself if it is kept.
        clusters: uint64[k], the article whose cluster each belongs to.
        revised: uint64[k], the previous version of the same page; itself if there is none.
        pages: uint64[k], the first version of the same page; itself if there is none.
        fuller: uint64[k], the article whose story each continues; itself if there is none.
        other_story: bool[k], an earlier article of the same page is another story.
        partly: bool[k], a part of it, but not most, is in another article of its cluster.
        matches: uint8[k], index into ``MATCHES``; ``KEPT`` for a kept article.
        compared: exact similarity to the representative, k of them.
        probability: float64[k], from the model; 1 for exact copies.
        parts: float64[k, len(PARTS)]; nan for exact copies.
    """

    articles: NDArray[np.uint64]
    representatives: NDArray[np.uint64]
    clusters: NDArray[np.uint64]
    revised: NDArray[np.uint64]
    pages: NDArray[np.uint64]
    fuller: NDArray[np.uint64]
    other_story: NDArray[np.bool_]
    partly: NDArray[np.bool_]
    matches: NDArray[np.uint8]
    compared: list[Similarity]
    probability: Floats
    parts: Floats


class _Edge(NamedTuple):
    representative: int
    probability: float
    parts: Floats


_EXACT = _Edge(-1, 1.0, np.full(len(PARTS), np.nan))


class _Compared(NamedTuple):
    """A representative, and the n members it was compared with, in order.

    Attributes:
        parts: float64[n, len(PARTS)].
        chances: float64[n].
    """

    member: int
    others: Indexes
    parts: Floats
    chances: Floats


class _Part(NamedTuple):
    """A representative that contains a part of an article, but not most of it.

    Attributes:
        continued: the article begins like the representative, and is longer.
        chance: from the model.
    """

    continued: bool
    chance: float
    representative: int


def decide(candidates: Candidates, config: DedupConfig) -> Decisions:
    """Decide which candidates are kept, what the others are copies of, and what is one cluster.

    Articles of equal text count as one. Texts with fewer than ``config.min_shingles`` shingles only
    match exact copies. All others are copies of a representative if the model's probability is at
    least ``config.confidence``.
    """
    ranks = candidates.ranks()
    leaders = candidates.leaders(ranks)
    distinct = ranks[leaders[ranks] == ranks]
    stars = _Stars(candidates, config)
    stars.grow(distinct[candidates.shingle_counts[distinct] >= config.min_shingles])
    for earlier, member in described_anew(candidates, leaders):
        leaders[member] = member
        stars.alike.append((earlier, member))
        stars.of |= {each: [each] for each in (earlier, member) if each not in stars.of}
    kept = [m for m, first in enumerate(leaders.tolist()) if m == first and m not in stars.edges]
    pages = name_pages(candidates.urls, stars.alike)
    later = versions(pages, candidates.published, candidates.fetched, kept, stars.alike)
    return stars.decisions(leaders.tolist(), later)


class _Stars:
    """The stars of one call of ``decide``; all methods take and return member indexes."""

    def __init__(self, candidates: Candidates, config: DedupConfig) -> None:
        self.candidates, self.config = candidates, config
        self.near = candidates.neighbours()
        self.of: dict[int, list[int]] = {}
        """Representative → its members, itself first, in order."""
        self.edges: dict[int, _Edge] = {}
        """Covered article → its representative and the evidence."""
        self.alike: list[tuple[int, int]] = []
        """Pairs of versions of one page that would be copies on two pages."""
        self.parts: dict[int, list[_Part]] = {}
        """Article → the representatives that contain a part of it."""
        self.published_at: dict[int, list[int]] = {}
        """Name of a page → its published articles."""

    def grow(self, compared: Indexes) -> None:
        """Make the stars. Parts that no links connect grow side by side, in few large calls."""
        candidates, published = self.candidates, self.candidates.published
        members: list[list[int]] = [[] for _ in self.near]
        for member in compared.tolist():
            members[candidates.groups[member]].append(member)
        uncovered = ~published
        tried = np.zeros(len(published), np.int64)
        place = np.empty(len(published), np.int64)
        place[compared] = np.arange(len(compared))
        for member in compared[published[compared]].tolist():
            for name in self._page_names(member):
                self.published_at.setdefault(name, []).append(member)

        def questions_of(part: list[int]) -> Iterator[tuple[int, Indexes]]:
            for member in part:
                if member in self.edges:
                    continue
                uncovered[member] = False
                self.of[member] = [member]
                groups = self.near[candidates.groups[member]].tolist()
                found = np.array([each for group in groups for each in members[group]], np.int64)
                others = found[uncovered[found] & (tried[found] < MOST_REPRESENTATIVES)]
                if len(others):
                    others = others[np.argsort(place[others])]
                    tried[others] += 1
                    yield member, others

        growing = [questions_of(part) for part in candidates.parts_of(compared)]
        while growing:
            asked = [(part, next(part, None)) for part in growing]
            growing = [part for part, question in asked if question]
            for found in self._compared([question for _, question in asked if question]):
                for covered in self.cover(found):
                    uncovered[covered] = False

    def _compared(self, questions: list[tuple[int, Indexes]]) -> Iterator[_Compared]:
        """Compare representatives, each with its others, ``_AT_ONCE`` pairs at a time."""
        pairs = [(one, other) for one, others in questions for other in others.tolist()]
        portions = [pairs[start : start + _AT_ONCE] for start in range(0, len(pairs), _AT_ONCE)]
        found = [self.candidates.compare(portion) for portion in portions]
        parts = np.concatenate([np.empty((0, len(PARTS))), *(each[0] for each in found)])
        chances = np.concatenate([np.empty(0), *(each[1] for each in found)])
        start = 0
        for one, others in questions:
            own = slice(start, start := start + len(others))
            yield _Compared(one, others, parts[own], chances[own])

    def cover(self, found: _Compared) -> Iterator[int]:
        """Add what matches the representative to the stars; yield its copies."""
        member = found.member
        for hit in self._hits(found):
            other, part = int(found.others[hit]), dict(zip(PARTS, found.parts[hit], strict=True))
            chance, shorter = float(found.chances[hit]), self._is_shorter(other, member)
            if self._is_version(other, member):
                self.alike.append((member, other))
            elif part["coverage"] < MOST if shorter else part["longer_coverage"] < MOST_OF_LONGER:
                continued = not shorter and bool(part["longer_lead"] >= SAME_LEAD)
                self.parts.setdefault(other, []).append(_Part(continued, chance, member))
            elif not self._revises_published(other):
                self.of[member].append(other)
                self.edges[other] = _Edge(member, chance, found.parts[hit])
                yield other

    def _hits(self, found: _Compared) -> list[int]:
        """List the places of what tells the same story as the representative.

        A page of several stories is no copy of any of them, whichever it begins with.
        """
        column = dict(zip(PARTS, found.parts.T, strict=True))
        hits = found.chances >= self.config.confidence
        whole = np.flatnonzero((column["length"] < PASSAGE) & (column["contained"] >= WHOLE))
        inside = [at for at in whole if self._is_shorter(int(found.others[at]), found.member)]
        if self._have_several_stories(found.others[inside].tolist()):
            hits[inside] = False
        for at in np.flatnonzero(of_one_wording(found.parts) & ~hits).tolist():
            hits[at] = self._is_version(int(found.others[at]), found.member)
        return np.flatnonzero(hits).tolist()

    def _have_several_stories(self, passages: list[int]) -> bool:
        """Tell whether some passage shares neither wording nor names with the first."""
        if len(passages) < 2:
            return False
        parts = self.candidates.compare([(passages[0], other) for other in passages[1:]])[0]
        column = dict(zip(PARTS, parts.T, strict=True))
        names = column["names_shared"] <= OTHER_NAMES * column["names"]
        return bool((names & (column["contained"] <= OTHER_WORDING)).any())

    def _is_shorter(self, one: int, other: int) -> bool:
        sketch = self.candidates.sketch
        return sketch(one).positions <= sketch(other).positions

    def _page_names(self, member: int) -> set[int]:
        return {int(self.candidates.urls[member]), int(self.candidates.files[member])} - {0}

    def _is_version(self, one: int, other: int) -> bool:
        """Tell whether two articles share a page, but are not layouts of it fetched together."""
        if not self._page_names(one) & self._page_names(other):
            return False
        fetched, published = self.candidates.fetched, self.candidates.published
        either = bool(published[one] or published[other])
        return either or not fetched_together(int(fetched[one]), int(fetched[other]))

    def _revises_published(self, other: int) -> bool:
        """Tell whether an article is a new version of a published page: it stays, even if a copy.

        The versions of a page come first in order, so most have been compared already.
        """
        names = self._page_names(other)
        ones = {one: None for name in names for one in self.published_at.get(name, ())}
        if not ones:
            return False
        pairs = [(one, other) for one in ones]
        parts, chances = self.candidates.compare(pairs)
        same = (chances >= self.config.confidence) | of_one_wording(parts)
        self.alike += [pairs[at] for at in np.flatnonzero(same)]
        return bool(same.any())

    def _closest(self) -> dict[int, _Part]:
        """Map each kept article that is partly in others to the one whose cluster it joins.

        It does not matter which was compared first: the article joins the one that it continues,
        else the likeliest, of those whose star agrees.
        """
        closest = {}
        for other in self.parts.keys() - self.edges.keys():
            for part in sorted(self.parts[other], key=lambda part: part[:2], reverse=True):
                if self._agree(part.representative, other):
                    closest[other] = part
                    break
        return closest

    def _join(self, known: Sequence[tuple[int, int]]) -> dict[int, int]:
        """Map each representative to the first, in order, of the stars of its cluster.

        The pairs *known* are one cluster, whatever their stars say.
        """
        rank = {member: rank for rank, member in enumerate(self.of)}
        first = {member: member for member in self.of}

        def root(member: int) -> int:
            while first[member] != member:
                member = first[member]
            return member

        def join(one: int, other: int) -> None:
            left, right = sorted((root(one), root(other)), key=rank.__getitem__)
            first[right] = left

        for one, other in known:
            if one in first and other in first:
                join(one, other)
        pairs = self._star_pairs(rank)
        for start in range(0, len(pairs), _STARS_AT_ONCE):
            some = pairs[start : start + _STARS_AT_ONCE]
            for one, other in self._touching(
                [each for each in some if len({*map(root, each)}) > 1]
            ):
                if root(one) != root(other) and self._agree(one, other):
                    join(one, other)
        return {member: root(member) for member in self.of}

    def _touching(self, pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """Keep the pairs of stars of which one member matches the other, compared all at once."""
        asked = [(*self._samples(*pair), place) for place, pair in enumerate(pairs)]
        asked.sort(key=lambda each: each[0][-1])  # ``compare`` wants equal first members adjacent
        questions = [(few[-1], np.array(many, np.int64)) for few, many, _ in asked]
        found = [
            place
            for (_, _, place), each in zip(asked, self._compared(questions), strict=True)
            if (each.chances >= self.config.confidence).any()
        ]
        return [pairs[place] for place in sorted(found)]

    def _agree(self, one: int, other: int) -> bool:
        """Tell whether two stars mostly match each other, judged by a few members of each."""
        few, many = self._samples(one, other)
        chances = self.candidates.compare([(left, right) for left in few for right in many])[1]
        found = int(np.count_nonzero(chances >= self.config.confidence))
        return found >= STARS_AGREE * len(chances)

    def _samples(self, one: int, other: int) -> tuple[list[int], list[int]]:
        """Return a few members of each of two stars; the shorter list first."""
        few, many = sorted((spread(self.of[each], STAR_SAMPLE) for each in (one, other)), key=len)
        return few, many

    def _star_pairs(self, rank: dict[int, int]) -> list[tuple[int, int]]:
        """List the pairs of stars to compare, in order: linked by members, one of several."""
        groups = self.candidates.groups
        touching: dict[int, set[int]] = {}
        for representative, members in self.of.items():
            for group in {int(groups[member]) for member in members}:
                touching.setdefault(group, set()).add(representative)
        pairs = set()
        for one, members in self.of.items():
            if len(members) < 2:
                continue
            around = {int(g) for member in members for g in self.near[groups[member]].tolist()}
            others = {other for group in around for other in touching.get(group, ())} - {one}
            own = rank[one]
            nearest = sorted(map(rank.__getitem__, others))[: MOST_REPRESENTATIVES * STAR_SAMPLE]
            pairs |= {(min(own, other), max(own, other)) for other in nearest}
        by_rank = list(self.of)
        return [(by_rank[one], by_rank[other]) for one, other in sorted(pairs)]

    def decisions(self, leaders: list[int], later: Mapping[int, Version]) -> Decisions:
        """Join the stars to clusters, and return what was decided, by article.

        *leaders* maps members to the first of the same text, *later* to what they are versions of.
        """
        articles, edges = self.candidates.articles, self.edges
        closest = self._closest()
        known = [(each.page, member) for member, each in later.items()]
        known += [(part.representative, member) for member, part in closest.items()]
        cluster_of = self._join(known)
        kept = [edges[leader].representative if leader in edges else leader for leader in leaders]
        clusters = [cluster_of.get(each, each) for each in kept]
        noted = later.keys() | closest.keys()
        members = [
            member
            for member in np.argsort(articles).tolist()
            if not self.candidates.published[member]
            and (member in noted or not (kept[member] == member == clusters[member]))
        ]
        page_of = [
            later.get(member, Version(member, member, other_story=False)) for member in members
        ]
        continued = {m: part.representative for m, part in closest.items() if part.continued}
        rows = [self._evidence(member, leaders[member], kept[member]) for member in members]
        return Decisions(
            articles=articles[members],
            representatives=articles[[kept[member] for member in members]],
            clusters=articles[[clusters[member] for member in members]],
            revised=articles[[each.revised for each in page_of]],
            pages=articles[[each.page for each in page_of]],
            fuller=articles[[continued.get(member, member) for member in members]],
            other_story=np.array([each.other_story for each in page_of], np.bool_),
            partly=np.array([member in closest for member in members], np.bool_),
            matches=np.array([row[0] for row in rows], np.uint8),
            compared=[row[1] for row in rows],
            probability=np.array([row[2].probability for row in rows], np.float64),
            parts=np.array([row[2].parts for row in rows], np.float64).reshape(-1, len(PARTS)),
        )

    def _evidence(self, member: int, leader: int, kept: int) -> tuple[int, Similarity, _Edge]:
        """Return match, similarity and edge; an exact copy of a duplicate takes over its edge."""
        if leader in self.edges:
            compared = self.candidates.similarity(leader, kept)
            match = MATCHES.index("near" if is_near(compared, self.config) else "contained")
            return match, compared, self.edges[leader]
        size = int(self.candidates.shingle_counts[member])
        match = KEPT if kept == member else MATCHES.index("exact")
        return match, Similarity(size, size, 1.0, 1.0), _EXACT
