"""What earlier runs have seen, in one file."""

from __future__ import annotations

import os
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ledger import index as indexing
from pipeline.ledger.history import CommittedRun
from pipeline.ledger.index import SETTLED_NS, Digests, input_digest, load_index, look_of, save_index

NOTHING = Digests(np.empty(0, "S16"), np.empty(0, np.uint32))
DIGESTS = st.lists(st.binary(min_size=16, max_size=16), max_size=20)


@pytest.fixture
def runs(monkeypatch, tmp_path):
    """Three runs; the ids of run n are those of its number, its input is n.txt."""
    monkeypatch.setattr(indexing, "ids_of", lambda run: [bytes([run.sequence] * 16)])
    monkeypatch.setattr(indexing, "inputs_of", lambda run: [(f"{run.sequence}.txt", "11")])
    return [CommittedRun(tmp_path, f"r{n}", n, date(2026, 1, n)) for n in (1, 2, 3)]


@given(DIGESTS, DIGESTS)
def test_digests_are_found_whatever_their_bytes(ours, others):
    """Also those that end in zeros, which numpy drops from such texts."""
    zeros = [b"\0" * 16, b"\1" + b"\0" * 15]
    known = NOTHING.plus(ours, [1] * len(ours)).plus(zeros, [2, 3])

    assert all(each in known for each in ours + zeros)
    assert [False] * len(others) == [each in known and each not in ours + zeros for each in others]
    assert sorted(known.digests.tolist()) == known.digests.tolist()


@given(
    st.lists(
        st.lists(
            st.tuples(st.sampled_from([b"a" * 16, b"b" * 16, b"b" + b"\0" * 15]), st.integers(1, 5))
        )
    )
)
def test_digests_stay_in_order_however_they_are_added(portions):
    """By digest, and those of one digest by run."""
    known = NOTHING
    for portion in portions:
        known = known.plus([digest for digest, _ in portion], [number for _, number in portion])
    added = sorted(pair for portion in portions for pair in portion)

    assert [digest.rstrip(b"\0") for digest, _ in added] == known.digests.tolist()
    assert [number for _, number in added] == known.sequences.tolist()


def test_an_index_follows_the_runs(runs, tmp_path):
    """It reads those that it lacks and forgets those that are gone, however it came to be."""
    index = load_index(tmp_path).following(runs[:2]).with_looks([(b"a" * 16, 1), (b"b" * 16, 2)])
    save_index(tmp_path, index)
    again = load_index(tmp_path).following(runs[1:])

    assert {2: "r2", 3: "r3"} == again.covers
    assert [2, 3] == again.ids.sequences.tolist()
    assert (None, 3) == (again.reader_of("1.txt", "11"), again.reader_of("3.txt", "11"))
    assert (False, True) == (b"a" * 16 in again.files, b"b" * 16 in again.files)
    fresh = load_index(tmp_path / "elsewhere").following(runs[1:])
    assert fresh.ids.digests.tolist() == again.ids.digests.tolist()


def test_a_file_that_changed_back_is_new(runs, monkeypatch):
    """A newer run has read other content of its name; the newest content is known."""
    read = {1: [("a", "11"), ("b", "1")], 2: [("a", "22"), ("a", None)], 3: [("a", "11")]}
    monkeypatch.setattr(indexing, "inputs_of", lambda run: read[run.sequence])
    two = load_index(runs[0].folder).following(runs[:2])
    three = two.following(runs)

    assert [None, 2, 1] == [two.reader_of(*each) for each in (("a", "11"), ("a", "22"), ("b", "1"))]
    assert [3, None] == [three.reader_of("a", each) for each in ("11", "22")]


def test_a_run_that_was_taken_back_is_forgotten(runs, tmp_path):
    """Another of the same sequence is another run."""
    other = CommittedRun(tmp_path, "other", 2, date(2026, 1, 2))
    index = load_index(tmp_path).following(runs[:2]).with_looks([(b"b" * 16, 2)])

    assert {1: "r1", 2: "other"} == index.following([runs[0], other]).covers
    assert b"b" * 16 not in index.following([runs[0], other]).files


@pytest.mark.parametrize("content", [b"", b"PK", b"\x93NUMPY", b"{}" * 99])
def test_a_damaged_index_is_made_anew(content, tmp_path):
    """It holds nothing that is lost with it."""
    (tmp_path / ".index").mkdir()
    (tmp_path / ".index/seen.npz").write_bytes(content)

    assert {} == load_index(tmp_path).covers


def test_a_pipe_in_place_of_the_index_is_made_anew(tmp_path):
    """It does not block the run."""
    (tmp_path / ".index").mkdir()
    os.mkfifo(tmp_path / ".index/seen.npz")

    assert {} == load_index(tmp_path).covers


def test_a_file_looks_the_same_until_it_is_touched(tmp_path):
    """Size, times and place count; a file that changed a moment ago has no look."""
    path = tmp_path / "a.txt"
    path.write_text("A story.")
    later = path.stat().st_ctime_ns + SETTLED_NS + 1
    look = look_of(str(path), "a.txt", later)

    assert look == look_of(str(path), "a.txt", later + 9)
    assert look != look_of(str(path), "b/a.txt", later)
    assert None is look_of(str(path), "a.txt", later - 2)
    assert None is look_of(str(tmp_path / "absent"), "a.txt", later)
    os.utime(path, (1, 1))
    assert look != look_of(str(path), "a.txt", later + SETTLED_NS)


def test_names_and_contents_are_not_confused():
    """A file is read under its name; one that could not be read has no digest."""
    pairs = [("a", "1"), ("a", "2"), ("b", "1"), ("a", None), ("1 a", ""), ("", "1 a")]

    assert len(pairs) == len({input_digest(*pair) for pair in pairs})


def test_runs_that_were_put_together_are_one(runs):
    """All that they have seen is the last one's; what files looked like, too."""
    look = b"l" * 16
    index = indexing.load_index(runs[0].folder).following(runs).with_looks([(look, 1)])
    found = index.gathered({1: 2, 2: 2})

    assert {2: "r2", 3: "r3"} == found.covers
    assert [2, 2, 3] == [found.ids.sequence_of(bytes([n] * 16)) for n in (1, 2, 3)]
    assert 2 == found.reader_of("1.txt", "11")
    assert look in found.files
    assert found.covers == found.following(runs[1:]).covers


def test_what_is_not_covered_is_not_put_together(runs):
    """Half of it would pass for all of it: it is read again."""
    found = indexing.load_index(runs[0].folder).following(runs[1:]).gathered({1: 2, 2: 2})

    assert {3: "r3"} == found.covers
    assert [None, 3] == [found.ids.sequence_of(bytes([n] * 16)) for n in (2, 3)]


def test_a_run_that_changes_is_forgotten(runs):
    """With all that it has seen."""
    found = indexing.load_index(runs[0].folder).following(runs).without([2])

    assert {1: "r1", 3: "r3"} == found.covers
    assert None is found.reader_of("2.txt", "11")
    assert 3 == found.reader_of("3.txt", "11")
