"""Provisional clusters, common keys and links; what is decided together."""

from __future__ import annotations

import json

import numpy as np
import pytest
from factories import block, staging

from pipeline.config import Config
from pipeline.dedup.steps import bundles
from pipeline.dedup.steps.bundles import bundle_shards, resolve, weigh_shard
from pipeline.dedup.steps.layouts import (
    BlockSamples,
    Bundle,
    article_number,
)
from pipeline.dedup.steps.members import read_ids
from pipeline.passes.clean_block import clean_block
from tests.in_process import joined


def pairs(*rows, width=2):
    """Make rows of article numbers an array."""
    return np.array(rows, np.uint64).reshape(-1, width)


def test_a_bundle_holds_clusters_and_their_links():
    """Labels and links that count connect; each article has its provisional cluster."""
    labels = [pairs((5, 2), (9, 8)), pairs((3, 2))]
    links = [pairs((2, 8, 1), (8, 20, 1), width=3), pairs((2, 8, 4), (30, 31, 2), width=3)]
    (bundle,) = bundle_shards(labels, links, [])

    assert [2, 3, 5, 8, 9, 30, 31] == bundle.articles.tolist()
    assert [2, 2, 2, 8, 8, 30, 31] == bundle.clusters.tolist()
    assert [[2, 8, 5], [30, 31, 2]] == bundle.links.tolist()
    assert [] == list(bundle_shards([], [], []))
    assert [] == list(bundle_shards([], [pairs((1, 2, 1), width=3)], []))


def test_bundles_of_like_size_are_a_shard(monkeypatch):
    """What is decided together is never divided."""
    monkeypatch.setattr(bundles, "SHARD_MEMBERS", 4)
    labels = [pairs((2, 1), (4, 3), (6, 5), (7, 5), (8, 5), (9, 5))]
    shards = list(bundle_shards(labels, [pairs((1, 3, 7), width=3)], []))

    assert [[1, 2, 3, 4], [5, 6, 7, 8, 9]] == [each.articles.tolist() for each in shards]


def test_weighing_stages_what_is_common_and_links_the_rest(tmp_path):
    """Four strangers with one key, of which two share another; copies count as one."""
    portions = [
        BlockSamples(1, *(np.array(x, np.uint32) for x in ([7, 7, 9], [0, 1, 0]))),
        BlockSamples(0, *(np.array(x, np.uint32) for x in ([7, 7, 7, 9], [0, 1, 2, 2]))),
    ]
    found = staging(tmp_path)
    first, other = (int(article_number(*place)) for place in ((0, 2), (1, 0)))
    links = weigh_shard(0, 1, portions, [], found)
    assert [[first, other, 1]] == links.tolist()
    assert [7] == found.common_keys().tolist()

    copies = [pairs((int(article_number(0, 1)), 0), (first, 0))]
    weigh_shard(0, 1, portions, copies, found)
    assert [] == found.common_keys().tolist()


STORY = [f"word{n}" for n in range(300)]
CHROME = [f"menu{n}" for n in range(60)]


def decided(tmp_path, texts):
    """Deduplicate texts: (row, representative's row) of each duplicate."""
    found = staging(tmp_path)
    config = Config()
    lines = [json.dumps({"id": str(n), "text": " ".join(text)}) for n, text in enumerate(texts)]
    files = {"a.jsonl": "\n".join(lines).encode() + b"\n"}
    clean_block(block(tmp_path / "raw", files), config, found)
    rows = {}
    for bundle in joined([0], config.dedup, found):
        for _, verdicts in resolve(bundle, [], config.dedup, found):
            rows |= {int(v["row"]): v["representative_id"].tobytes().hex() for v in verdicts}
    return rows, [each.ljust(16, b"\0").hex() for each in read_ids(0, found)[1].tolist()]


def test_a_copy_with_every_other_line_garbled_is_found_by_rare_shingles(tmp_path):
    """It shares a quarter of the shingles: no band of a signature, but many rare ones."""
    garbled = [f"gar{n}" if n % 13 in (3, 9) else word for n, word in enumerate(STORY)]
    rows, ids = decided(tmp_path, [STORY + STORY[:5], garbled])

    assert {1: ids[0]} == rows


@pytest.mark.parametrize("sites", [6, 12])
def test_pages_that_share_chrome_are_no_copies(tmp_path, sites):
    """What stands on every page says nothing about any two of them."""
    texts = [[*CHROME, *(f"own{n}x{k}" for k in range(80))] for n in range(sites)]

    assert {} == decided(tmp_path, texts)[0]


def test_an_empty_bundle_has_no_verdicts(tmp_path):
    """Records that are repeats leave it empty."""
    nothing = np.empty(0, np.uint64)
    bundle = Bundle(nothing, nothing, np.empty((0, 3), np.uint64))

    assert [] == list(resolve(bundle, [], Config().dedup, staging(tmp_path)))
