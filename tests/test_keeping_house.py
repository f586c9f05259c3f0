"""Whatever is done to a collection, in whatever order: what must be true of it stays true."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from collections_of_runs import FIRST, check, contents, feed, page, run_on, words_below
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import UsageError
from pipeline.ledger.upkeep.compact import compact
from pipeline.ledger.upkeep.remove import remove
from pipeline.ledger.upkeep.takedown import requested
from pipeline.ledger.upkeep.undo import undo

pytestmark = pytest.mark.slow

SITES = ("a", "b", "c")

PAGES = st.builds(
    page,
    st.integers(0, 9),
    st.integers(1, 3),
    st.sampled_from(SITES),
    st.integers(0, 1),
    title=st.none() | st.just("Tide"),
)
STEPS = st.one_of(
    st.tuples(st.just("run"), st.integers(1, 25), st.lists(PAGES, min_size=1, max_size=6)),
    st.tuples(st.just("url"), st.sampled_from(SITES), st.integers(0, 9)),
    st.tuples(st.just("site"), st.sampled_from(SITES), st.none()),
    st.tuples(st.just("id"), st.integers(0, 20), st.none()),
    st.tuples(st.just("compact"), st.integers(0, 60), st.none()),
    st.tuples(st.just("undo"), st.none(), st.none()),
)


class House:
    """A collection that steps are taken on, and what is known of it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.out = folder, folder / "out"
        self.day = self.files = 0
        self.fed: list[dict] = []
        self.ids: set[str] = set()
        self.words: set[str] = set()

    def run(self, days: int, records: list[dict]) -> None:
        """Feed *records*, and run so many days later."""
        self.day += days
        self.files += 1
        feed(self.folder, f"{self.files:03d}", *records)
        self.fed += records
        run_on(self.folder, self.day)

    def take_down(self, ids=(), urls=(), sites=()) -> None:
        """Take down, and remember what must be nowhere from now on."""
        rows = contents(self.out)
        asked = requested(ids, urls, sites)
        for table in ("articles", "duplicates"):
            for row in rows[table]:
                if row["id"] in ids or asked.meets(row["url"]):
                    self.ids.add(row["id"])
                    self.words.add(row["text"].split()[0])
        remove(self.out, asked)

    def take(self, step: str, one, two) -> None:
        """Take one of STEPS."""
        if step == "run":
            self.run(one, two)
        if not self.files:
            return
        if step == "url":
            self.take_down(urls=[f"https://{one}.example/{two}"])
        elif step == "site":
            self.take_down(sites=[f"{one}.example"])
        elif step == "id":
            rows = contents(self.out)
            known = [row["id"] for name in ("articles", "duplicates") for row in rows[name]]
            if known:
                self.take_down(ids=[known[one % len(known)]])
        elif step == "compact":
            compact(self.out, FIRST + timedelta(one))
        elif step == "undo":
            with suppress(UsageError):  # no run is left, or it was compacted
                undo(self.out)

    def check(self) -> None:
        """Hold the collection to what is always true."""
        check(self.out)
        rows = contents(self.out)
        for table in ("articles", "duplicates"):
            assert self.ids.isdisjoint(row["id"] for row in rows[table])
        for row in rows["rejects"]:
            assert ("taken_down", None) == (row["reason"], row["excerpt"])
        told = words_below(self.out)
        for word in self.words:
            assert word not in told

    def check_all_is_there(self) -> None:
        """Every record that was read is in one table, once; all others were taken down."""
        rows = contents(self.out)
        kept = [row["id"] for name in ("articles", "duplicates") for row in rows[name]]
        assert len(kept) == len(set(kept))
        assert set(kept).isdisjoint(row["id"] for row in rows["rejects"])
        rested = sum(row["reason"] == "taken_down" for row in rows["rejects"])
        distinct = {(record["url"], record["text"]) for record in self.fed}
        gone = self.ids - {row["id"] for row in rows["rejects"]}
        assert len(distinct) == len(kept) + rested + len(gone)


@settings(max_examples=12, deadline=None)
@given(st.lists(STEPS, min_size=3, max_size=9))
def test_no_order_of_runs_takedowns_compactions_and_undos_does_harm(steps):
    """No word of a removed text is left, no copy loses its article, every account adds up."""
    folder = Path(tempfile.mkdtemp(prefix="newsieve-house-"))
    try:
        house = House(folder)
        house.run(1, [page(0, 1, "a"), page(1, 1, "b", title="Tide"), page(2, 1, "c")])
        for step in steps:
            house.take(*step)
            house.check()
        house.run(1, [page(90, 9, "d")])
        house.check()
        house.check_all_is_there()
    finally:
        shutil.rmtree(folder)
