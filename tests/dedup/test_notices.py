"""Notices of one template in many languages: items stay apart, their copies are found."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import yaml

from pipeline.config import Config
from pipeline.dedup.model import probabilities
from pipeline.dedup.particulars import printed_names
from pipeline.dedup.rarity import fills_slots
from pipeline.dedup.shingles import shingle_and_sample
from pipeline.job import run_job
from tests.dedup.test_evidence import compare, sketch
from tests.in_process import run_passes
from tests.runs import DAY

CASES = yaml.safe_load((Path(__file__).parents[1] / "cases" / "notices.yaml").read_text("utf-8"))


def items(language):
    """Give the eight notices of a language."""
    case = CASES[language]
    filled = zip(case["names"].split(), case["places"].split(), strict=True)
    return [case["text"].format(n=name, p=place) for name, place in filled]


def kept(runs, folder):
    """Take texts through one run after another: whose copy each is, itself if it is kept."""
    (folder / "in").mkdir()
    config = Config.model_validate(
        {"input": {"paths": [str(folder / "in")]}, "write": {"output": str(folder / "out")}}
    )
    for number, texts in enumerate(runs):
        lines = (
            json.dumps({"id": name, "url": f"https://{name}.example/", "text": text})
            for name, text in texts.items()
        )
        (folder / "in" / f"{number}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        run_job(config, DAY, lambda plan, *rest: run_passes(plan.blocks, *rest))
    found = {}
    for table, column in (("articles", "id"), ("duplicates", "representative_id")):
        for file in sorted((folder / "out").glob(f"runs/*/{table}/*.parquet")):
            columns = pq.ParquetFile(file).read(["record_id", "id", column]).to_pylist()
            found |= {row["record_id"]: (row["id"], row[column]) for row in columns}
    names = {article: name for name, (article, _) in found.items()}
    return {name: names[whose] for name, (_, whose) in found.items()}


@pytest.mark.parametrize("language", sorted(CASES))
def test_two_notices_are_no_copies(language):
    """Names tell them apart: with capitals, or beside a title or a kind of place."""
    for pair in combinations(items(language), 2):
        one, other = (sketch(text.split(), numbers=text) for text in pair)
        assert probabilities(compare(one, [other]))[0] < 0.5


@pytest.mark.parametrize("language", sorted(CASES))
def test_eight_notices_fill_slots(language):
    """Each has its own words at one place, in any script."""
    samples = shingle_and_sample(items(language), 4)[1]
    each = np.split(samples.values, samples.offsets[1:-1])

    assert fills_slots(each)


@pytest.mark.parametrize("language", sorted(CASES))
def test_edited_copies_fill_no_slots(language):
    """Eight copies of one text, each without another of its sentences, or with one more."""
    text = " ".join(items(language)[:3])
    words = text.split() if " " in text else list(text)
    gap = len(words) // 9
    cut = [words[: n * gap] + words[(n + 1) * gap :] for n in range(1, 9)]
    told = [("" if words == list(text) else " ").join(each) for each in cut]
    samples = shingle_and_sample(told, 4)[1]
    each = np.split(samples.values, samples.offsets[1:-1])

    assert not fills_slots(each)


def test_notices_of_one_run_all_stay_and_their_copies_are_found(tmp_path):
    """Eight of a template in each language; of three there is a copy that lacks the end."""
    texts = {
        f"{language}-{number}": text
        for language in CASES
        for number, text in enumerate(items(language))
    }
    copies = {
        f"{name}-copy": text[: -len(text) // 6] for name, text in texts.items() if name[-1] in "135"
    }
    found = kept([texts | copies], tmp_path)

    assert {name: name for name in texts} == {name: found[name] for name in texts}
    missed = [name for name in copies if found[name] != name.removesuffix("-copy")]
    assert len(missed) <= 0.1 * len(copies), missed


def test_one_notice_a_run_stays_one_notice(tmp_path):
    """An item that was removed would make its wording that of one story for ever."""
    languages = sorted(CASES)
    runs = [{f"{each}-{n}": items(each)[n] for each in languages} for n in range(5)]
    found = kept(runs, tmp_path)

    assert {name: name for texts in runs for name in texts} == found


def test_what_introduces_a_name_is_no_name():
    """A teacher, a market or a word with the same letters is none."""
    for text in (
        "有市民见到它。",
        "学校の先生は市場に行った。",
        "다시 도시에 왔다.",
        "המרכז נסגר",
        "ذهب الى المدينة",
    ):
        assert not printed_names(text), text
