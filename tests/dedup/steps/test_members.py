"""Articles as deduplication sees them: written in batches, read back one at a time."""

from __future__ import annotations

import resource
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from factories import article, document, staging, story
from hypothesis import given
from hypothesis import strategies as st

from pipeline.arrays import shard_bounds
from pipeline.config import DedupConfig
from pipeline.dedup.shingles import keys_of, shingle_and_sample
from pipeline.dedup.steps.layouts import (
    BAND_GROUP,
    DIGESTS,
    FINEST_SHARDS,
    SAMPLE_SHARDS,
    URLS,
    article_number,
)
from pipeline.dedup.steps.members import MemberReader, MemberWriter, read_keys, read_samples
from pipeline.text.unicode import digest

CONFIG = DedupConfig(permutations=16, bands=8)
SHORT = "Too short."


def numbered(texts):
    """An article for each text, from files of increasing number."""
    return [article(text, found=document(text, source=f"{n}.txt")) for n, text in enumerate(texts)]


def write(articles, found, batches=1, index=0):
    """Write *articles* as one block, in this many batches; give what it is joined on."""
    with ExitStack() as files:
        writer = MemberWriter(index, CONFIG, found, files)
        for batch in np.array_split(np.arange(len(articles)), batches):
            if len(batch):
                writer.append([(place, articles[place]) for place in batch])
    return dict(read_keys(index, CONFIG, found))


def test_a_member_is_read_back_as_it_was_written(tmp_path):
    """Id, digest, number of shingles and the shingles themselves, of any article alone."""
    texts = [story(1), SHORT, story(2, 30), story(1)]
    articles = numbered(texts)
    found = staging(tmp_path)
    write(articles, found, batches=2, index=3)
    reader = MemberReader(CONFIG, found)
    numbers = article_number(3, np.array([3, 0, 1]))
    records = reader.records(numbers)
    members = reader.component(numbers, records)

    chosen = [articles[row] for row in (3, 0, 1)]
    assert [each.document.id for each in chosen] == [each.tobytes().hex() for each in records["id"]]
    digests = [digest(each.text) for each in chosen]
    assert digests == [each.tobytes() for each in members.digests]
    expected, _ = shingle_and_sample([each.text for each in chosen], CONFIG.shingle_words)
    assert expected.counts.tolist() == members.shingle_counts.tolist()
    for place in range(3):
        start, stop = expected.offsets[place : place + 2]
        assert expected.values[start:stop].tolist() == members.shingles(place).tolist()
    reader.close()


def test_articles_with_too_few_shingles_are_not_joined_on_bands(tmp_path):
    """They are found by their digest alone; equal texts have equal keys of both kinds."""
    found = write(numbered([story(1), SHORT, story(1), SHORT]), staging(tmp_path))
    keys, digests = found[0], found[DIGESTS]

    assert [URLS, DIGESTS, 0] == list(found)  # a file is a page: its path
    assert [0, 2] == keys.rows.tolist()
    assert (BAND_GROUP, 2) == keys.keys.shape
    assert (keys.keys[:, 0] == keys.keys[:, 1]).all()
    assert [0, 1, 2, 3] == digests.rows.tolist()
    assert (1, 4) == digests.keys.shape
    assert [True, False, True] == (digests.keys[0, [2, 1, 0]] == digests.keys[0, 0]).tolist()
    assert digests.keys[0, 1] == digests.keys[0, 3]


def test_the_band_keys_that_are_sent_are_those_on_disk(tmp_path):
    """A pair that was found by its keys is found again when it is verified."""
    found = staging(tmp_path)
    keys = write(numbered([SHORT, story(1), story(2)]), found)[0]
    reader = MemberReader(CONFIG, found)
    records = reader.records(article_number(0, np.arange(3)))
    reader.close()

    assert keys.keys.T.tolist() == records["keys"][1:].tolist()
    assert not records["keys"][0].any()


@pytest.mark.slow
@given(st.lists(st.sampled_from([SHORT, "", story(1), story(2, 900)]), max_size=5))
def test_shards_part_the_samples_on_disk_by_key_and_lose_none(tmp_path_factory, texts):
    """Every sampled key of a signed article is in the one shard that its value says."""
    found = staging(tmp_path_factory.mktemp("shards"))
    write(numbered(texts), found, batches=2, index=4)
    sampled = shingle_and_sample(texts, CONFIG.shingle_words)[1]
    keys = np.split(keys_of(sampled.values), sampled.offsets[1:-1])
    signed = [row for row, text in enumerate(texts) if len(text) > len(SHORT)]
    expected = sorted((key, row) for row in signed for key in keys[row].tolist())
    for shards in (1, SAMPLE_SHARDS, FINEST_SHARDS):
        bounds, read = shard_bounds(shards), []
        for shard in range(shards):
            part = read_samples(4, shard, shards, found)
            assert part.block == 4
            assert ((bounds[shard] <= part.keys) & (part.keys < bounds[shard + 1])).all()
            read += zip(part.keys.tolist(), part.rows.tolist(), strict=True)
        assert expected == read


@pytest.mark.slow
@given(st.lists(st.sampled_from([SHORT, "", story(1), story(2), "字" * 40]), max_size=8))
def test_batches_do_not_matter(tmp_path_factory, texts):
    """However a block is divided, its files and keys are the same to the byte."""
    folder = tmp_path_factory.mktemp("batches")
    results = []
    for batches in (1, 3):
        found = staging(folder / str(batches))
        write(numbered(texts), found, batches)
        kinds = ("members", "shingles", "samples", "figures", "keys")
        results.append([found.block_file(0, kind).read_bytes() for kind in kinds])

    assert results[0] == results[1]


def test_a_batch_without_articles_is_nothing(tmp_path):
    """A thousand records, all of them rejected, make a batch of no articles."""
    found = staging(tmp_path)
    with ExitStack() as files:
        MemberWriter(0, CONFIG, found, files).append([])

    assert b"" == found.block_file(0, "members").read_bytes()


def test_an_interrupted_block_leaves_no_files(tmp_path):
    """Half the members of a block would be taken for all of them."""
    found = staging(tmp_path)
    with pytest.raises(AttributeError), ExitStack() as files:
        MemberWriter(0, CONFIG, found, files).append([*enumerate(numbered([story(1)])), (1, None)])

    assert [] == list(found.block_file(0, "").parent.iterdir())


def test_a_component_may_lie_in_any_number_of_blocks(tmp_path):
    """Copies of one text in more blocks than a process may have files open."""
    found = staging(tmp_path)
    blocks = 80
    for index in range(blocks):
        write(numbered([story(1)]), found, index=index)
    reader = MemberReader(CONFIG, found)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    others = max(int(path.name) for path in Path("/dev/fd").iterdir())  # of other tests
    resource.setrlimit(resource.RLIMIT_NOFILE, (others + 64, hard))
    try:
        numbers = np.array([article_number(index, 0) for index in range(blocks)], np.uint64)
        members = reader.component(numbers, reader.records(numbers))
        counts = {len(members.shingles(place)) for place in range(blocks)}
    finally:
        reader.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert {int(members.shingle_counts[0])} == counts
