"""The total order of representatives."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta, timezone

import pytest

from pipeline.dedup.order import ORDER_BYTES, order_key

NOON = datetime(2024, 5, 1, 12, tzinfo=timezone.utc)
PLAIN = {
    "id": "80" * 16,
    "text_digest": b"\x80" * 16,
    "char_count": 1000,
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
    PLAIN | {"char_count": 999, "date_published": NOON - timedelta(days=9000)},
    PLAIN | {"char_count": 1},
    PLAIN | {"authors": (), "char_count": 70_000},
    PLAIN | {"date_published": None, "char_count": 69_999},
    PLAIN | {"title": None, "char_count": 65_535},
    PLAIN | {"title": None, "authors": (), "char_count": 2**40},
    PLAIN | {"title": None, "authors": (), "date_published": None, "char_count": 2**40},
    PLAIN | {"url": None, "char_count": 2**47},
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
    assert order_key(**PLAIN | {"char_count": 2**60}) <= order_key(**PLAIN | {"char_count": 2**47})


def test_an_id_of_another_kind_is_refused():
    """The message has the value and the rule."""
    with pytest.raises(ValueError, match="id = 'abcd': expected 32 hex digits"):
        order_key(**PLAIN | {"id": "abcd"})
