"""Articles of earlier runs that new ones may be copies of: found by ranges of keys."""

from __future__ import annotations

import json
from contextlib import ExitStack
from datetime import date

import numpy as np
import pytest
import runs
from factories import article, document, staging, story
from hypothesis import given, settings
from hypothesis import strategies as st
from runs import configured

from pipeline.config import DedupConfig
from pipeline.dedup.steps.earlier import lookup
from pipeline.dedup.steps.earlier.lookup import background_of, find_earlier
from pipeline.dedup.steps.layouts import article_number, block_of, row_of
from pipeline.dedup.steps.members import MemberWriter, read_records
from pipeline.job import run_job
from pipeline.ledger.history import committed_runs
from pipeline.ledger.index import window_of
from pipeline.staging import Window, WindowCounts

DAY = date(2026, 1, 1)
NOTICE = story(99, 40)
SHORT = "Read it before."
OLD = [*(story(n, 120) for n in range(6)), *(f"{NOTICE} {story(n, 90)}" for n in range(10, 18))]
NEW = [
    OLD[0],
    " ".join(OLD[1].split()[:50]),
    f"{NOTICE} {story(30, 90)}",
    f"{story(31, 60)} {' '.join(OLD[2].split()[:25])}",
    SHORT,
    story(32),
]


@pytest.fixture(scope="module")
def window(tmp_path_factory):
    """Two published runs: stories, copies of them, a notice below many, a short text."""
    folder = tmp_path_factory.mktemp("window")
    (folder / "in").mkdir()
    config = configured(folder / "in", folder / "out")
    for day, texts in enumerate(([*OLD[:9], SHORT], [*OLD[9:], OLD[3] + " " + story(40, 30)])):
        records = ({"id": f"{day}.{n}", "text": text} for n, text in enumerate(texts))
        lines = "\n".join(map(json.dumps, records))
        (folder / "in" / f"{day}.jsonl").write_text(lines + "\n", encoding="utf-8")
        run_job(config, DAY, runs.in_loop)
    return tuple(window_of(committed_runs(folder / "out"), DAY, DedupConfig(), folder / "out"))


def found_in(window, texts, folder, shards):
    """What is found of *window* for two blocks of *texts*, by ids, however it is staged."""
    new, config = staging(folder), DedupConfig()
    for index in range(2):
        own = [article(text, found=document(text)) for text in texts[index::2]]
        with ExitStack() as files:
            MemberWriter(index, config, new, files).append(list(enumerate(own)))
    new.write("window", Window(window, shards))
    blocks = find_earlier([1, 0], config, new)
    assert 1 < min(blocks, default=2)
    names, found = {}, []
    for block in blocks:
        for row, record in enumerate(read_records(block, config, new)):
            names[int(article_number(block, row))] = record["id"].tobytes().hex()
            run = np.array([record["run"]], np.uint64)
            runs = new.read(f"blocks/{int(block_of(run)[0]):05d}.runs", list[str]())
            (run_id,) = (runs[n] for n in row_of(run).tolist())
            found.append((names[int(article_number(block, row))], run_id))
    labels = [[names[number] for number in pair] for pair in new.array("window.labels").tolist()]
    backgrounds = [
        [each for shard in range(parts) for each in _listed(background_of(shard, parts, new))]
        for parts in (1, 8)
    ]
    assert backgrounds[0] == backgrounds[1]
    return found, labels, backgrounds[0], new.read("window.counts", WindowCounts())


def _listed(rows):
    return [] if rows is None else rows.tolist()


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(
    st.sampled_from([2, 8, 16]),
    st.integers(1, 6),
    st.sampled_from([1, 3, 64]),
    st.sets(st.sampled_from(NEW), min_size=2),
)
def test_the_number_of_shards_changes_nothing(
    window, tmp_path_factory, shards, rows, crowd, chosen
):
    """The same articles, runs, clusters, background and counts, in blocks of any size."""
    texts = sorted(chosen)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(lookup, "CROWD", crowd)
        one = found_in(window, texts, tmp_path_factory.mktemp("one"), 1)
        patched.setattr(lookup, "STAGED_ROWS", rows)
        many = found_in(window, texts, tmp_path_factory.mktemp("many"), shards)

    assert one == many


def test_what_shares_a_text_a_band_or_rare_shingles_is_found(window, tmp_path):
    """Also a text too short to be signed, and one of which a few sentences are quoted."""
    found, _, background, counts = found_in(window, NEW, tmp_path, 4)
    crowd = sum(shingle > 3 for _, shingle in background)

    assert 4 <= counts.compared == len(found) < counts.articles
    assert crowd, "what a notice says is common"


def test_without_a_window_nothing_is_found(tmp_path):
    """The first run."""
    alone = staging(tmp_path)

    assert [] == find_earlier([0], DedupConfig(), alone)
    assert background_of(0, 8, alone) is None
