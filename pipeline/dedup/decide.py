"""Decide: stars of pairs that the evidence says are copies, and clusters of such stars.

In the order of representatives (published first, then ``order``) the first article not yet
covered is kept; each uncovered article of its own provisional cluster, or of one linked with
it, is compared with it and goes if the model says so and most of it is in the article that is
kept. Nothing is removed by a chain. Stars that mostly verify against one another are one cluster
and keep their representatives. Read ``decide`` and ``_cover`` first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import sortable
from pipeline.config import DedupConfig
from pipeline.dedup.candidates import (
    Candidates,
    Floats,
    Indexes,
    compare_pairs,
    neighbours,
    parts_of,
)
from pipeline.dedup.clusters import first_of_equals
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
"""Representatives an article is compared with: in a bucket of a hundred thousand pages of one
template, comparing all with all would never end."""
STAR_SAMPLE = 8
"""Members of a star, spread over its order, that speak for it when stars are compared."""
STARS_AGREE = 0.5
"""Share of the pairs across two stars that verify, from which they are one cluster."""
MOST = 0.5
"""Share of a shorter text's ten segments that the kept article must have: nothing is removed of
which most is not in it."""
MOST_OF_LONGER = 0.8
"""The same of a longer text: a published teaser does not stand for the story, nor a story for a
page of several."""
PASSAGE, WHOLE = 0.45, 0.8
"""Length of a text, as a share of the longer's, below which it is a passage of that, and the share
of it that must be found there."""
OTHER_NAMES, OTHER_WORDING = 0.34, 0.1
"""Share of names, and of shingles, up to which two passages are of different stories. The pages of
one long article have names in common."""
HALF = 0.5
"""Share of a longer text's lead from which on it begins like the shorter."""
_AT_ONCE = 1024
_STARS_AT_ONCE = 256
"""Pairs compared in one call; pairs of stars that are asked for one."""


@dataclass(frozen=True, eq=False)
class Decisions:
    """What was found out about the candidates that are duplicates, or share a cluster.

    Attributes:
        articles: uint64[k], ascending.
        representatives: uint64[k], whose copy each is; itself if it is kept.
        clusters: uint64[k], the article whose cluster each belongs to.
        revised: uint64[k], the earlier version of the same page; itself if there is none.
        pages: uint64[k], the first version of the same page; itself if there is none.
        fuller: uint64[k], the article whose story each tells at greater length; itself if none.
        other_story: bool[k], an earlier article of the same page is another story.
        partly: bool[k], a part of it, but not most, is in another article of its cluster.
        matches: uint8[k], index into ``MATCHES``; ``KEPT`` for a kept article.
        compared: exact similarity to the representative, k of them.
        probability: float64[k], what the model gave; 1 for exact copies.
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


@dataclass(frozen=True, slots=True)
class _Edge:
    representative: int
    probability: float
    parts: Floats


_EXACT = _Edge(-1, 1.0, np.full(len(PARTS), np.nan))


class _Compared(NamedTuple):
    """A representative, and those that were compared with it: n of them, in order.

    Attributes:
        parts: float64[n, len(PARTS)].
        chances: float64[n].
    """

    member: int
    others: Indexes
    parts: Floats
    chances: Floats


class _Part(NamedTuple):
    """A representative that has a part of an article, but not most of it.

    Attributes:
        goes_on: the article begins like the representative and is longer.
        chance: what the model gave.
        representative: its member.
    """

    goes_on: bool
    chance: float
    representative: int


@dataclass(eq=False)
class _Stars:
    """The stars as they grow: a representative's members, itself first, in order.

    ``alike`` are pairs of one page that would be copies at two. ``partly`` lists the
    representatives that have a part of an article, and ``closest`` names the one whose cluster it
    joins. ``published_at`` lists the published articles of each page.
    """

    of: dict[int, list[int]] = field(default_factory=dict)
    edges: dict[int, _Edge] = field(default_factory=dict)
    alike: list[tuple[int, int]] = field(default_factory=list)
    partly: dict[int, list[_Part]] = field(default_factory=dict)
    closest: dict[int, _Part] = field(default_factory=dict)
    published_at: dict[int, list[int]] = field(default_factory=dict)


def decide(candidates: Candidates, config: DedupConfig) -> Decisions:
    """Decide which candidates are kept, whose copies the others are, and what is one cluster.

    Articles of equal text count as one. Texts below ``config.min_shingles`` are only found as
    exact copies. All others are copies of a representative if the model's probability is at
    least ``config.confidence``.
    """
    ranks = np.lexsort((candidates.articles, sortable(candidates.order), ~candidates.published))
    leaders = first_of_equals(candidates.digests, candidates.published, ranks)
    distinct = ranks[leaders[ranks] == ranks]
    compared = distinct[candidates.shingle_counts[distinct] >= config.min_shingles]
    near = neighbours(candidates)
    stars = _grow(candidates, compared, near, config)
    files, facts = candidates.files, candidates.facts
    for earlier, member in described_anew(
        files, facts, candidates.digests, candidates.published, leaders
    ):
        leaders[member] = member
        stars.alike.append((earlier, member))
        stars.of |= {each: [each] for each in (earlier, member) if each not in stars.of}
    kept = [m for m, first in enumerate(leaders.tolist()) if m == first and m not in stars.edges]
    pages = name_pages(candidates.urls, stars.alike)
    later = versions(pages, candidates.published, candidates.fetched, kept, stars.alike)
    stars.closest = _closest(candidates, stars, config)
    clusters = _join(candidates, stars, near, later, config)
    return _decisions(candidates, leaders, stars, clusters, later, config)


def _grow(
    candidates: Candidates, compared: Indexes, near: list[Indexes], config: DedupConfig
) -> _Stars:
    """Make the stars. Parts that no link joins grow side by side, so that few calls compare."""
    members: list[list[int]] = [[] for _ in near]
    for member in compared.tolist():
        members[candidates.groups[member]].append(member)
    open_ = ~candidates.published
    tried = np.zeros(len(open_), np.int64)
    place = np.empty(len(open_), np.int64)
    place[compared] = np.arange(len(compared))
    stars = _Stars()
    for member in compared[candidates.published[compared]].tolist():
        for name in _names_of_page(candidates, member):
            stars.published_at.setdefault(name, []).append(member)

    def asking(part: list[int]) -> Iterator[tuple[int, Indexes]]:
        for member in part:
            if member in stars.edges:
                continue
            open_[member] = False
            stars.of[member] = [member]
            groups = near[candidates.groups[member]].tolist()
            found = np.array([each for group in groups for each in members[group]], np.int64)
            others = found[open_[found] & (tried[found] < MOST_REPRESENTATIVES)]
            if len(others):
                others = others[np.argsort(place[others])]
                tried[others] += 1
                yield member, others

    growing = [asking(part) for part in parts_of(candidates, compared)]
    while growing:
        asked = [(part, next(part, None)) for part in growing]
        growing = [part for part, question in asked if question]
        questions = [question for _, question in asked if question]
        for found in _compared(candidates, questions):
            for covered in _cover(candidates, found, stars, config):
                open_[covered] = False
    return stars


def _compared(candidates: Candidates, questions: list[tuple[int, Indexes]]) -> Iterator[_Compared]:
    """Compare representatives, each with its others, ``_AT_ONCE`` pairs at a time."""
    pairs = [(one, other) for one, others in questions for other in others.tolist()]
    portions = [pairs[start : start + _AT_ONCE] for start in range(0, len(pairs), _AT_ONCE)]
    found = [compare_pairs(candidates, portion) for portion in portions]
    parts = np.concatenate([np.empty((0, len(PARTS))), *(each[0] for each in found)])
    chances = np.concatenate([np.empty(0), *(each[1] for each in found)])
    start = 0
    for one, others in questions:
        own = slice(start, start := start + len(others))
        yield _Compared(one, others, parts[own], chances[own])


def _cover(
    candidates: Candidates, found: _Compared, stars: _Stars, config: DedupConfig
) -> Iterator[int]:
    """Add to *stars* what is a copy of the representative, or shares a cluster; give the copies."""
    member = found.member
    for hit in _hits(candidates, found, config):
        other, part = int(found.others[hit]), dict(zip(PARTS, found.parts[hit], strict=True))
        shorter = _is_shorter(candidates, other, member)
        if _is_version(candidates, other, member):
            stars.alike.append((member, other))
        elif part["coverage"] < MOST if shorter else part["longer_coverage"] < MOST_OF_LONGER:
            goes_on = not shorter and part["longer_lead"] >= HALF
            found_in = _Part(bool(goes_on), float(found.chances[hit]), member)
            stars.partly.setdefault(other, []).append(found_in)
        elif not _revises(candidates, other, stars, config):
            stars.of[member].append(other)
            stars.edges[other] = _Edge(member, float(found.chances[hit]), found.parts[hit])
            yield other


def _hits(candidates: Candidates, found: _Compared, config: DedupConfig) -> list[int]:
    """List the places of what is one story with the representative.

    A page that prints several stories is no copy of any, whichever stands first on it.
    """
    column = dict(zip(PARTS, found.parts.T, strict=True))
    hits = found.chances >= config.confidence
    whole = np.flatnonzero((column["length"] < PASSAGE) & (column["contained"] >= WHOLE))
    inside = [at for at in whole if _is_shorter(candidates, int(found.others[at]), found.member)]
    if _tell_several(candidates, found.others[inside].tolist()):
        hits[inside] = False
    for at in np.flatnonzero(of_one_wording(found.parts) & ~hits).tolist():
        hits[at] = _is_version(candidates, int(found.others[at]), found.member)
    return np.flatnonzero(hits).tolist()


def _tell_several(candidates: Candidates, passages: list[int]) -> bool:
    """Tell whether some passage of a text shares neither wording nor names with the first."""
    if len(passages) < 2:
        return False
    parts = compare_pairs(candidates, [(passages[0], other) for other in passages[1:]])[0]
    column = dict(zip(PARTS, parts.T, strict=True))
    names = column["names_shared"] <= OTHER_NAMES * column["names"]
    return bool((names & (column["contained"] <= OTHER_WORDING)).any())


def _is_shorter(candidates: Candidates, one: int, other: int) -> bool:
    return candidates.sketch(one).positions <= candidates.sketch(other).positions


def _names_of_page(candidates: Candidates, member: int) -> set[int]:
    return {int(candidates.urls[member]), int(candidates.files[member])} - {0}


def _is_version(candidates: Candidates, one: int, other: int) -> bool:
    """Tell whether two articles are at one page, and no layouts of it fetched together."""
    if not _names_of_page(candidates, one) & _names_of_page(candidates, other):
        return False
    fetched = int(candidates.fetched[one]), int(candidates.fetched[other])
    published = candidates.published[one] or candidates.published[other]
    return bool(published) or not fetched_together(*fetched)


def _revises(candidates: Candidates, other: int, stars: _Stars, config: DedupConfig) -> bool:
    """Tell whether an article is a new version of a published page: those stay, whatever copies.

    The page's versions come first in order, so that most have been compared already.
    """
    names = _names_of_page(candidates, other)
    ones = {one: None for name in names for one in stars.published_at.get(name, ())}
    pairs = [(one, other) for one in ones]
    if not pairs:
        return False
    parts, chances = compare_pairs(candidates, pairs)
    told = (chances >= config.confidence) | of_one_wording(parts)
    alike = [pairs[at] for at in np.flatnonzero(told)]
    stars.alike.extend(alike)
    return bool(alike)


def _closest(candidates: Candidates, stars: _Stars, config: DedupConfig) -> dict[int, _Part]:
    """Map each kept article to the star, of those that have a part of it, whose cluster it joins.

    Which star was compared first does not matter: the one that the article continues comes before
    others, then the likeliest, and it must agree with the star as a whole.
    """
    closest = {}
    for other, parts in stars.partly.items():
        ranked = sorted(parts, key=lambda part: part[:2], reverse=True) if len(parts) > 1 else parts
        for part in () if other in stars.edges else ranked:
            if _agree(candidates, stars, part.representative, other, config):
                closest[other] = part
                break
    return closest


def _join(
    candidates: Candidates,
    stars: _Stars,
    near: list[Indexes],
    later: Mapping[int, Version],
    config: DedupConfig,
) -> dict[int, int]:
    """Map each representative to the first, in order, of the stars it is one cluster with."""
    rank = {member: rank for rank, member in enumerate(stars.of)}
    first = {member: member for member in stars.of}

    def root(member: int) -> int:
        while first[member] != member:
            member = first[member]
        return member

    def join(one: int, other: int) -> None:
        left, right = sorted((root(one), root(other)), key=rank.__getitem__)
        first[right] = left

    known = {(each.page, other) for other, each in later.items() if each.page != other}
    known |= {(part.representative, other) for other, part in stars.closest.items()}
    for one, other in sorted(known):
        if one in first and other in first and root(one) != root(other):
            join(one, other)
    pairs = _star_pairs(candidates, stars, near, rank)
    for start in range(0, len(pairs), _STARS_AT_ONCE):
        apart = [
            (one, other)
            for one, other in pairs[start : start + _STARS_AT_ONCE]
            if root(one) != root(other)
        ]
        for one, other in _touching(candidates, stars, apart, config):
            if root(one) != root(other) and _agree(candidates, stars, one, other, config):
                join(one, other)
    return {member: root(member) for member in stars.of}


def _touching(
    candidates: Candidates, stars: _Stars, pairs: Sequence[tuple[int, int]], config: DedupConfig
) -> list[tuple[int, int]]:
    """Keep the pairs of stars of which one member, all at once, verifies against the other star."""
    asked = [(*_speakers(stars, *pair), place) for place, pair in enumerate(pairs)]
    asked.sort(key=lambda each: each[0][-1])  # compared with what it is compared with together
    questions = [(few[-1], np.array(many, np.int64)) for few, many, _ in asked]
    found = [
        place
        for (_, _, place), each in zip(asked, _compared(candidates, questions), strict=True)
        if (each.chances >= config.confidence).any()
    ]
    return [pairs[place] for place in sorted(found)]


def _agree(
    candidates: Candidates, stars: _Stars, one: int, other: int, config: DedupConfig
) -> bool:
    """Tell whether two stars mostly verify against one another, by a few members of each."""
    few, many = _speakers(stars, one, other)
    chances = compare_pairs(candidates, [(speaker, each) for speaker in few for each in many])[1]
    found = int(np.count_nonzero(chances >= config.confidence))
    return found >= STARS_AGREE * len(few) * len(many)


def _speakers(stars: _Stars, one: int, other: int) -> tuple[list[int], list[int]]:
    """Return a few members of each of two stars; of fewer first."""
    few, many = sorted((_spread(stars.of[one]), _spread(stars.of[other])), key=len)
    return few, many


def _star_pairs(
    candidates: Candidates, stars: _Stars, near: list[Indexes], rank: dict[int, int]
) -> list[tuple[int, int]]:
    """List the pairs of stars to compare, in order: near by their members, one of them large."""
    groups = candidates.groups
    touching: dict[int, set[int]] = {}
    for representative, members in stars.of.items():
        for group in {int(groups[member]) for member in members}:
            touching.setdefault(group, set()).add(representative)
    pairs = set()
    for one, members in stars.of.items():
        if len(members) < 2:
            continue
        around = {int(g) for member in members for g in near[groups[member]].tolist()}
        others = {other for group in around for other in touching.get(group, ())} - {one}
        nearest = sorted(others, key=rank.__getitem__)[: MOST_REPRESENTATIVES * STAR_SAMPLE]
        pairs |= {(min(rank[one], rank[other]), max(rank[one], rank[other])) for other in nearest}
    by_rank = list(stars.of)
    return [(by_rank[one], by_rank[other]) for one, other in sorted(pairs)]


def _spread(members: list[int]) -> list[int]:
    """Choose a few members of a star, its representative first, evenly over its order."""
    last = len(members) - 1
    places = np.linspace(0, last, min(STAR_SAMPLE, len(members))).astype(int)
    return [members[place] for place in places.tolist()]


def _decisions(
    candidates: Candidates,
    leaders: Indexes,
    stars: _Stars,
    clusters: dict[int, int],
    later: Mapping[int, Version],
    config: DedupConfig,
) -> Decisions:
    rows = _rows(candidates, leaders, stars, clusters, later, config)
    numbers = np.array([row[:4] for row in rows], np.int64).reshape(-1, 4)
    members: list[int] = numbers[:, 0].tolist()
    of_page = [later.get(member, Version(member, member, other_story=False)) for member in members]
    goes_on = {m: part.representative for m, part in stars.closest.items() if part.goes_on}
    articles = candidates.articles
    return Decisions(
        articles=articles[numbers[:, 0]],
        representatives=articles[numbers[:, 1]],
        clusters=articles[numbers[:, 2]],
        revised=articles[[each.revised for each in of_page]],
        pages=articles[[each.page for each in of_page]],
        fuller=articles[[goes_on.get(member, member) for member in members]],
        other_story=np.array([each.other_story for each in of_page], np.bool_),
        partly=np.array([member in stars.closest for member in members], np.bool_),
        matches=numbers[:, 3].astype(np.uint8),
        compared=[row[4] for row in rows],
        probability=np.array([row[5].probability for row in rows], np.float64),
        parts=np.array([row[5].parts for row in rows], np.float64).reshape(-1, len(PARTS)),
    )


def _rows(
    candidates: Candidates,
    leaders: Indexes,
    stars: _Stars,
    clusters: dict[int, int],
    later: Mapping[int, Version],
    config: DedupConfig,
) -> list[tuple[int, int, int, int, Similarity, _Edge]]:
    """List member, representative, cluster, match, similarity and evidence, by article."""
    rows: list[tuple[int, int, int, int, Similarity, _Edge]] = []
    for member, leader in enumerate(leaders.tolist()):
        # An exact copy of a duplicate takes over its edge: with the same text, the same holds.
        edge = stars.edges.get(leader)
        kept = edge.representative if edge else leader
        cluster = clusters.get(kept, kept)
        silent = kept == member == cluster and member not in later and member not in stars.closest
        if candidates.published[member] or silent:
            continue
        if edge:
            compared = candidates.similarity(leader, kept)
            match = MATCHES.index("near" if is_near(compared, config) else "contained")
            rows.append((member, kept, cluster, match, compared, edge))
        else:
            match = KEPT if kept == member else MATCHES.index("exact")
            size = int(candidates.shingle_counts[member])
            same = Similarity(size, size, 1.0, 1.0)
            rows.append((member, kept, cluster, match, same, _EXACT))
    return sorted(rows, key=lambda row: int(candidates.articles[row[0]]))
