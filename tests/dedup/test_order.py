"""The total order of representatives."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta, timezone

import pytest

from pipeline.dedup.order import ORDER_BYTES, deciding_rule, order_key

NOON = datetime(2024, 5, 1, 12, tzinfo=timezone.utc)
PLAIN = {
    "id": "80" * 16,
    "text_digest": b"\x80" * 16,
    "text": "x" * 1000,
    "shingle_count": 200,
    "positions": 200,
    "url": "https://example.org/",
    "title": "A title",
    "authors": ("A Name",),
    "date_published": NOON,
}
FROM_BEST_TO_WORST = [
    PLAIN,
    PLAIN | {"id": "81" + "00" * 15},
    PLAIN | {"text_digest": b"\x81" + b"\0" * 15, "id": "00" * 16},
    PLAIN | {"date_published": NOON + timedelta(microseconds=1), "text_digest": b"\0" * 16},
    PLAIN | {"text": "x" * 1001, "date_published": NOON - timedelta(days=9000)},
    PLAIN | {"shingle_count": 199, "text": "x"},
    PLAIN | {"authors": (), "shingle_count": 205},
    PLAIN | {"date_published": None, "shingle_count": 204},
    PLAIN | {"title": None, "shingle_count": 203},
    PLAIN | {"title": None, "authors": (), "shingle_count": 205},
    PLAIN | {"title": None, "authors": (), "date_published": None, "shingle_count": 205},
    PLAIN | {"shingle_count": 161, "positions": 240},
    PLAIN | {"shingle_count": 160},
    PLAIN | {"text": '<p class="a">x</p>', "shingle_count": 2**31},
    PLAIN | {"text": "R&nbsp;and", "shingle_count": 2**30},
    PLAIN | {"shingle_count": 280, "positions": 560},
    PLAIN | {"shingle_count": 199, "positions": 300},
    PLAIN | {"url": None, "shingle_count": 2**31},
]
KEYS = [order_key(**fields) for fields in FROM_BEST_TO_WORST]


@pytest.mark.parametrize(("better", "worse"), [*itertools.combinations(range(len(KEYS)), 2)])
def test_order_keys_sort_like_the_rules(better, worse):
    """An earlier rule decides whatever the later ones say."""
    assert KEYS[better] < KEYS[worse]


def test_order_keys_have_a_fixed_length():
    """They travel as fixed-size binary."""
    assert {ORDER_BYTES} == set(map(len, KEYS))


def test_the_offset_of_a_date_makes_no_difference():
    """The same instant, written elsewhere."""
    elsewhere = NOON.astimezone(timezone(timedelta(hours=9)))

    assert order_key(**PLAIN) == order_key(**PLAIN | {"date_published": elsewhere})


def test_texts_beyond_the_longest_count_as_longest():
    """A length never overflows its field."""
    longest = PLAIN | {"shingle_count": 2**60}
    assert order_key(**longest) <= order_key(**PLAIN | {"shingle_count": 2**31})


def test_of_equal_copies_the_one_that_says_nothing_twice_is_kept():
    """A story printed twice has the same shingles in more characters."""
    once, twice = PLAIN | {"text": "a story"}, PLAIN | {"text": "a story a story"}
    keys = order_key(**once), order_key(**twice)

    assert keys[0] < keys[1]
    assert "repetition" == deciding_rule(*keys)


@pytest.mark.parametrize(
    ("distinct", "places", "worse"),
    [(100, 200, True), (120, 200, True), (140, 200, False), (200, 200, False), (66, 100, True)],
    ids=["twice", "twice and a little more", "a summary", "once", "a third again"],
)
def test_a_text_that_tells_its_story_twice_comes_after_one_that_does_not(distinct, places, worse):
    """Though its two seams make it longer; a lead that is repeated is no fault."""
    once = PLAIN | {"shingle_count": 66, "positions": 66}
    other = PLAIN | {"shingle_count": distinct, "positions": places}

    assert worse == (order_key(**once) < order_key(**other))


def test_an_id_of_another_kind_is_refused():
    """The message has the value and the rule."""
    with pytest.raises(ValueError, match="id = 'abcd': expected 32 hex digits"):
        order_key(**PLAIN | {"id": "abcd"})
