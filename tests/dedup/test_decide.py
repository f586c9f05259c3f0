"""Stars of pairs that the evidence says are copies, and clusters of stars."""

from __future__ import annotations

import time
from hashlib import blake2b
from itertools import permutations
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config import DedupConfig
from pipeline.dedup import decide as deciding
from pipeline.dedup.candidates import Candidates
from pipeline.dedup.decide import KEPT, MATCHES, decide
from pipeline.dedup.evidence import PARTS, UNKNOWN, Sketch
from pipeline.dedup.order import ORDER_BYTES
from pipeline.dedup.pairs import similarity
from pipeline.dedup.shingles import shingle_and_sample

CONFIG = DedupConfig()


class Text(NamedTuple):
    """A text of a test: its words, its provisional cluster, what else is known of it."""

    words: tuple[str, ...]
    group: int = 0
    published: bool = False
    url: int = 0
    file: int = 0
    facts: int = 0
    fetched: int = UNKNOWN


def passage(first, last, name="w"):
    """Invent words; those of overlapping passages are the same."""
    return tuple(f"{name}{n}" for n in range(first, last))


def candidates(texts, links=(), ranks=None):
    """Make candidates of *texts*, in order unless *ranks* says other."""
    numbers = list(range(len(texts))) if ranks is None else ranks
    joined = [" ".join(text.words) for text in texts]
    shingles, samples = shingle_and_sample(joined, CONFIG.shingle_words)

    def sketch(member):
        values = samples.values[samples.offsets[member] : samples.offsets[member + 1]]
        rare = np.ones(len(values), np.bool_)
        nothing = np.empty(0, np.uint32)
        places = int(samples.positions[member])
        return Sketch(values, rare, nothing, nothing, places, UNKNOWN)

    keys = "".join(f"{n:0{ORDER_BYTES}}" for n in numbers).encode()
    digests = b"".join(blake2b(each.encode(), digest_size=16).digest() for each in joined)
    return Candidates(
        articles=np.array([100 + n for n in numbers], np.uint64),
        order=np.frombuffer(keys, np.uint8).reshape(-1, ORDER_BYTES),
        digests=np.frombuffer(digests, np.uint8).reshape(-1, 16),
        shingle_counts=shingles.counts,
        published=np.array([text.published for text in texts], np.bool_),
        urls=np.array([text.url for text in texts], np.uint64),
        files=np.array([text.file for text in texts], np.uint64),
        facts=np.array([text.facts for text in texts], np.uint64),
        fetched=np.array([text.fetched for text in texts], np.int64),
        groups=np.array([text.group for text in texts], np.int64),
        links=np.array(links, np.int64).reshape(-1, 2),
        sketch=sketch,
        similarity=lambda one, other: similarity(shingles.of(one), shingles.of(other)),
    )


def listed(found):
    """List (article, representative, cluster, match), articles numbered from 0."""
    names = [*MATCHES, *["?"] * (KEPT - len(MATCHES)), "kept"]
    columns = (found.articles, found.representatives, found.clusters)
    numbers = np.stack(columns, axis=1).astype(np.int64) - 100
    return [
        (*row, names[match])
        for row, match in zip(numbers.tolist(), found.matches.tolist(), strict=True)
    ]


LONG = passage(0, 400)
CUT = passage(0, 130)
EDITED = tuple(f"x{n}" if n % 25 == 9 else word for n, word in enumerate(LONG))
STRANGER = passage(0, 400, "v")
PAGE, MINUTE = 7, 1_000


def test_copies_go_and_keep_their_evidence():
    """A cut and an edited copy: match by exact similarity, probability and parts by the model."""
    found = decide(candidates([Text(LONG), Text(CUT), Text(EDITED), Text(STRANGER)]), CONFIG)

    assert [(1, 0, 0, "contained"), (2, 0, 0, "near")] == listed(found)
    assert (found.probability >= CONFIG.confidence).all()
    assert [1.0, 0.0] == [found.compared[0].containment, found.compared[0].jaccard // 1]
    assert 1.0 == found.parts[0, PARTS.index("contained")]


def test_only_own_and_linked_clusters_are_compared():
    """Candidates come from provisional clusters and rare shingles alone."""
    texts = [Text(LONG, 0), Text(CUT, 1)]

    assert [] == listed(decide(candidates(texts), CONFIG))
    assert [(1, 0, 0, "contained")] == listed(decide(candidates(texts, [(0, 1)]), CONFIG))


def test_equal_texts_are_exact_copies_whatever_their_length():
    """Even two words are the same two words; an exact copy of a duplicate takes over its edge."""
    texts = [Text(("two", "words")), Text(("two", "words")), Text(LONG), Text(CUT), Text(CUT)]

    assert [(1, 0, 0, "exact"), (3, 2, 2, "contained"), (4, 2, 2, "contained")] == listed(
        decide(candidates(texts), CONFIG)
    )


def test_short_texts_are_only_exact_copies():
    """Below min_shingles nothing is said about a pair."""
    assert [] == listed(decide(candidates([Text(LONG), Text(LONG[:9])]), CONFIG))


def test_published_articles_come_first_and_stay():
    """They represent others, whatever the order says, and are never removed."""
    texts = [Text(LONG), Text(CUT, published=True), Text(LONG, published=True)]

    found = [row for row in listed(decide(candidates(texts), CONFIG)) if row[3] != "kept"]
    assert [0] == [row[0] for row in found]
    assert found[0][1] in (1, 2)


def test_stars_that_mostly_verify_share_a_cluster_and_stay():
    """A text that is like the members of a star, not like its representative, joins its cluster."""
    story = passage(0, 300)
    one, other = story + passage(0, 320, "a"), passage(0, 310, "b") + story
    members = [Text(story[: 300 - n]) for n in range(4)]

    assert [] == listed(decide(candidates([Text(one), Text(other)]), CONFIG))
    found = listed(decide(candidates([Text(one), Text(other), *members]), CONFIG))
    assert (1, 1, 0, "kept") == found[0]
    assert [(n, 0, 0) for n in (2, 3, 4, 5)] == [row[:3] for row in found[1:]]


def test_a_follow_up_needs_more_of_a_story_than_one_copy_that_moved_its_background():
    """That copy begins with what the follow-up repeats; the others do not, so it stays apart."""
    background, news = passage(100, 300), STRANGER[:150]
    moved = Text(background + passage(0, 100))
    story = [Text(passage(0, 300 - n)) for n in range(4)]

    alone = decide(candidates([moved, Text(news + background)]), CONFIG)
    assert [(1, 1, 0, "kept")] == listed(alone)
    assert [True] == alone.partly.tolist()
    stay, _, found = kept([moved, *story, Text(news + background)])
    assert [0, 5] == stay
    assert [1, 2, 3, 4] == (found.articles - 100).tolist()


def test_a_chain_removes_nothing():
    """A like B like C: A and C share nothing, so C stays."""
    chain = [Text(passage(first, first + 300)) for first in (0, 100, 200, 300)]
    removed = [row for row in listed(decide(candidates(chain), CONFIG)) if row[3] != "kept"]

    for article, representative, _, _ in removed:
        assert abs(article - representative) == 1


FAMILIES = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 60), st.integers(14, 90), st.integers(0, 2)),
    min_size=1,
    max_size=10,
)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(family=FAMILIES, random=st.randoms(use_true_random=False))
def test_decisions_hold_their_promises(family, random):
    """Copies of kept articles only, each by evidence of its own; no order but the total one."""
    texts = [
        Text(passage(first, first + words, f"w{story}"), group)
        for story, first, words, group in family
    ]
    groups = {text.group for text in texts}
    links = [link for link in ((0, 1), (1, 2)) if groups.issuperset(link)]
    found = decide(candidates(texts, links), CONFIG)
    shuffled = random.sample(range(len(texts)), len(texts))
    again = decide(candidates([texts[i] for i in shuffled], links, ranks=shuffled), CONFIG)

    assert listed(found) == listed(again)
    for name in ("probability", "partly", "fuller", "revised", "other_story"):
        assert getattr(found, name).tolist() == getattr(again, name).tolist()
    removed = {row[0] for row in listed(found) if row[3] != "kept"}
    for article, representative, cluster, match in listed(found):
        assert representative not in removed
        assert cluster not in removed
        assert (match == "kept") == (article == representative)
        assert match != "exact" or texts[article].words == texts[representative].words
    assert (found.probability >= CONFIG.confidence).all()


def test_thousands_of_pages_of_one_template_take_seconds(monkeypatch):
    """Each is compared with a limited number of representatives, and none is removed."""
    monkeypatch.setattr(deciding, "MOST_REPRESENTATIVES", 8)
    chrome = passage(0, 12, "c")
    texts = [Text(chrome + passage(0, 40, f"p{n}x")) for n in range(2000)]
    started = time.process_time()

    assert [] == listed(decide(candidates(texts), CONFIG))
    assert 30 > time.process_time() - started


@pytest.mark.parametrize("at_once", [1, 3])
def test_portions_do_not_matter(monkeypatch, at_once):
    """A large cluster is compared a portion at a time; the result is the same."""
    texts = [Text(LONG), *(Text(LONG[: 390 - 20 * n]) for n in range(8))]
    whole = listed(decide(candidates(texts), CONFIG))
    monkeypatch.setattr(deciding, "_AT_ONCE", at_once)

    assert whole == listed(decide(candidates(texts), CONFIG))
    assert 8 == len(whole)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.lists(st.sampled_from([LONG, CUT, EDITED, LONG[40:]]), max_size=4), max_size=4))
def test_what_no_link_joins_is_decided_as_if_alone(bundles):
    """Several bundles seen as one: each gets what it would have got by itself."""
    texts, expected = [], []
    for number, bundle in enumerate(bundles):
        own = [tuple(f"{word}of{number}" for word in words) for words in bundle]
        alone = listed(decide(candidates([Text(words) for words in own]), CONFIG))
        first = len(texts)
        expected += [(*(first + each for each in row[:3]), row[3]) for row in alone]
        texts += [Text(words, group=number) for words in own]

    groups = sorted({text.group for text in texts})
    texts = [text._replace(group=groups.index(text.group)) for text in texts]
    assert expected == listed(decide(candidates(texts), CONFIG))


def kept(texts, links=()):
    """List the texts that stay, and map those that say so to the one they tell more fully."""
    found = decide(candidates(texts, links), CONFIG)
    removed = {row[0] for row in listed(found) if row[3] != "kept"}
    numbers = zip((found.articles - 100).tolist(), (found.fuller - 100).tolist(), strict=True)
    fuller = {one: other for one, other in numbers if one != other}
    return [n for n in range(len(texts)) if n not in removed], fuller, found


def test_a_longer_text_is_not_removed_for_a_published_teaser():
    """It stays, shares the cluster, is flagged, and says whose story it tells more fully."""
    stay, fuller, found = kept([Text(LONG), Text(CUT, published=True)])

    assert ([0, 1], {0: 1}) == (stay, fuller)
    assert [True] == found.partly.tolist()
    assert [(0, 0, 1, "kept")] == listed(found)


TEASERS = [passage(0, n, name) for n, name in ((130, "a"), (110, "b"), (90, "c"))]
PAGES = {
    "the story that the page continues": (("a", "b", "c"), True),
    "that story, even if a longer part of another is on the page": (("c", "a", "b"), True),
    "the likeliest where the page begins with none": (("u", "c", "a", "b"), False),
}


@pytest.mark.parametrize("case", PAGES)
def test_the_cluster_of_a_page_of_stories_does_not_depend_on_which_is_compared_first(case):
    """Of several published stories it joins one, and is a fuller version of that or of none."""
    names, continues = PAGES[case]
    stories = {words[0][0]: words for words in (*TEASERS, passage(0, 60, "u"))}
    page = Text(sum((stories[name] for name in names), ()))
    found = set()
    for order in permutations(range(3)):
        texts = [*(Text(words, published=True) for words in TEASERS), page]
        result = decide(candidates(texts, ranks=[*order, 3]), CONFIG)
        member = {100 + rank: TEASERS[n][0][0] for n, rank in enumerate(order)} | {103: "page"}
        named = (member[number[0]] for number in (result.clusters, result.fuller))
        found.add((*named, *result.partly))

    first = names[0] if continues else "a"
    assert {(first, first if continues else "page", True)} == found


@pytest.mark.parametrize("ranks", [range(7), [1, 2, 3, 4, 5, 0, 6]])
def test_a_text_that_one_story_turns_away_joins_another(ranks):
    """A star that has a part of it, but does not agree, hides no other star that does."""
    background, news = passage(100, 300), STRANGER[:150]
    story = [background + passage(0, 100), *(passage(0, 300 - n) for n in range(4))]
    texts = [*map(Text, story), Text(news[:90]), Text(news + background)]
    found = decide(candidates(texts, ranks=list(ranks)), CONFIG)

    assert (6, 6, ranks[5], "kept") == listed(found)[-1]
    assert [100 + ranks[5]] == found.fuller[found.partly].tolist()


def test_a_page_of_stories_is_not_removed_for_the_story_it_begins_with():
    """Most of it is not in the published article."""
    page = LONG + STRANGER + passage(0, 300, "u")

    assert [0, 1] == kept([Text(page), Text(LONG, published=True)])[0]


def test_a_slightly_longer_copy_is_removed_for_a_published_one():
    """A line of the other site makes no fuller version."""
    assert [1] == kept([Text(LONG + passage(0, 20, "u")), Text(LONG, published=True)])[0]


def test_a_page_that_prints_several_stories_swallows_none():
    """Whichever stands first on it is treated like the others; a teaser of one story is a copy."""
    stories = [passage(0, 200, name) for name in "abcde"]
    page = tuple(word for story in stories for word in story)

    assert [0, 1, 2, 3, 4, 5] == kept([Text(page), *map(Text, stories)])[0]
    assert [0] == kept([Text(page), Text(page[:300])])[0]


def test_layouts_of_one_page_are_one_story():
    """Fetched within minutes, in one run; later, or after a run, it is a version that stays."""

    def at(minute, *, published=False, words=LONG):
        return Text(words, url=PAGE, fetched=minute, published=published)

    assert [0] == kept([at(MINUTE), at(MINUTE + 2, words=EDITED)])[0]
    assert [0, 1] == kept([at(MINUTE), at(MINUTE + 60, words=EDITED)])[0]
    assert [0, 1] == kept([at(MINUTE, words=EDITED), at(MINUTE, published=True)])[0]
    assert [0, 1] == kept([at(UNKNOWN), at(UNKNOWN, words=EDITED)])[0]


def test_a_new_version_of_a_published_page_is_no_copy_of_another_page():
    """Readers would keep the error: the correction stays, and revises its page."""
    texts = [
        Text(EDITED, url=PAGE, fetched=2),
        Text(LONG, url=PAGE, fetched=1, published=True),
        Text(LONG + passage(0, 9, "u"), url=8, published=True),
    ]
    stay, _, found = kept(texts)

    assert [0, 1, 2] == stay
    assert [101] == found.revised.tolist()
    assert [0, 2] != kept([texts[0]._replace(url=9), *texts[1:]])[0]
