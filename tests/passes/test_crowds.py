"""Thousands of articles that have too much in common, or nothing: bounded time, right answers."""

from __future__ import annotations

import random
import time
from contextlib import ExitStack

import numpy as np
import pytest

from pipeline.config import DedupConfig
from pipeline.dedup.steps.bundles import resolve
from pipeline.dedup.steps.members import MemberWriter, read_records
from pipeline.records import Article, Document, identify
from pipeline.staging import Staging
from tests.in_process import joined

CONFIG = DedupConfig()
COUNT = 3_000
BLOCK_ROWS = 1_000
SECONDS = 60
"""CPU that a crowd may take; each takes below ten, and what is quadratic takes minutes."""


def decided(folder, texts):
    """Deduplicate numbered texts: number → (number of its representative, cluster)."""
    staging = Staging(str(folder))
    staging.block_file(0, "").parent.mkdir(parents=True)
    blocks = range(-(-len(texts) // BLOCK_ROWS))
    for block in blocks:
        rows = texts[block * BLOCK_ROWS : (block + 1) * BLOCK_ROWS]
        kept = [
            (row, Article(Document(identify(str(n), b""), str(n), "", "text/plain", ""), text, ""))
            for row, (n, text) in enumerate(rows)
        ]
        with ExitStack() as files:
            MemberWriter(block, CONFIG, staging, files).append(kept)
    ids = np.concatenate([read_records(block, CONFIG, staging)["id"] for block in blocks])
    number = {id_.tobytes(): n for id_, (n, _) in zip(ids, texts, strict=True)}
    found = {n: (n, n) for n, _ in texts}
    for bundle in joined(blocks, CONFIG, staging):
        for block, verdicts in resolve(bundle, [], CONFIG, staging):
            for one in verdicts:
                names = one["representative_id"].tobytes(), one["cluster_id"].tobytes()
                n = texts[block * BLOCK_ROWS + int(one["row"])][0]
                found[n] = number[names[0]], number[names[1]]
    return found


def words(dice, count, name=""):
    """Invent words of a large vocabulary; without digits, which would be figures."""
    return [f"{name}{''.join(dice.choices('abcdefgh', k=5))}" for _ in range(count)]


def strangers_in_one_bucket(dice):
    """Pages of one site: a third is its chrome, the rest is their own."""
    chrome = words(dice, 60, "chrome")
    return [" ".join(chrome + words(dice, 120)) for _ in range(COUNT)]


def filled(dice, run, count):
    """Fill one form *count* times: 240 fixed words in runs, a fifth of names and figures."""
    frame = [words(dice, run, "frame") for _ in range(240 // run)]
    names = words(dice, 60, "name")

    def fill():
        return str(dice.randrange(1, 100)) if dice.random() < 0.5 else dice.choice(names)

    pages = (
        [[*fixed, *(fill() for _ in range(run // 4))] for fixed in frame] for _ in range(count)
    )
    return [" ".join(word for part in page for word in part) for page in pages]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("texts", "clusters"),
    [
        (strangers_in_one_bucket, COUNT),
        (lambda dice: filled(dice, 40, COUNT), COUNT),
        (lambda _: [""] * COUNT, 1),
        (lambda _: ["The same story of a dozen words, word by word, for all of them."] * COUNT, 1),
        (lambda dice: [" ".join(words(dice, CONFIG.shingle_words)) for _ in range(COUNT)], COUNT),
    ],
    ids=["one bucket", "one template", "all empty", "all identical", "one shingle each"],
)
def test_a_crowd_takes_seconds_and_is_told_apart(tmp_path, texts, clusters):
    """Equal texts are one cluster; texts that differ in what they tell are not merged."""
    crowd = list(enumerate(texts(random.Random(5))))
    start = time.process_time()
    found = decided(tmp_path, crowd)

    assert clusters == len({cluster for _, cluster in found.values()})
    assert time.process_time() - start < SECONDS


@pytest.mark.parametrize("size", [8, 10, 50])
@pytest.mark.parametrize("run", [20, 60], ids=["short runs", "long runs"])
def test_families_of_a_template_stay_apart_and_their_copies_are_found(tmp_path, size, run):
    """Reports filled into one form are no copies; the same report on another site is one."""
    dice = random.Random(size)
    pages = filled(dice, run, size)
    others = [" ".join(words(dice, 250)) for _ in range(100)]
    copies = [f"{page} {' '.join(words(dice, 12))}" for page in pages[:5]]
    found = decided(tmp_path, list(enumerate([*pages, *others, *copies])))

    together = {}
    for number, (_, cluster) in found.items():
        together.setdefault(cluster, []).append(number)
    expected = [[n, size + len(others) + n] for n in range(5)]
    assert expected == sorted(each for each in together.values() if len(each) > 1)


def test_the_order_of_the_input_makes_no_difference(tmp_path):
    """The same representatives and clusters, by record, however the records are numbered."""
    dice = random.Random(9)
    stories = [words(dice, 200) for _ in range(150)]
    edited = [
        [word if dice.random() < 0.97 else "x" for word in story[: dice.randint(60, 200)]]
        for story in stories
        for _ in range(dice.choice([0, 1, 2, 9]))
    ]
    texts = list(enumerate(" ".join(story) for story in [*stories, *edited]))
    found = decided(tmp_path / "once", texts)
    dice.shuffle(texts)

    assert found == decided(tmp_path / "again", texts)
    assert len({cluster for _, cluster in found.values()}) < len(texts) - 100


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_whether_many_texts_tell_one_story_does_not_depend_on_their_order(tmp_path, seed):
    """Of 40 alike texts some have figures of their own: the same verdict in any order."""
    dice = random.Random(seed)
    story = words(dice, 200)
    common = [str(dice.randrange(100, 1000)) for _ in range(8)]
    alike = []
    for number in range(40):
        own = [str(dice.randrange(100, 1000)) for _ in range(8)]
        figures = common if number < 31 else own
        alike.append(" ".join([*story[: 100 + 2 * number], *figures, *story[120 + 2 * number :]]))
    texts = list(enumerate(alike))
    found = decided(tmp_path / "once", texts)
    dice.shuffle(texts)

    assert found == decided(tmp_path / "again", texts)
