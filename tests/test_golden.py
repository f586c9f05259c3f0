"""The sample run: every row of every table, as accepted."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from runs import ROOT, rows, run

from tests.golden.update import GOLDEN, golden_lines


def test_raw_gives_the_accepted_rows():
    """raw/ gives exactly the rows in tests/golden; `make golden` accepts new ones."""
    accepted = GOLDEN.read_text(encoding="utf-8").splitlines()
    found = golden_lines().splitlines()

    assert [json.loads(line) for line in accepted] == [json.loads(line) for line in found]


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    """Where the sample was run to."""
    folder = tmp_path_factory.mktemp("golden")
    outcome = run(ROOT / "raw", folder)
    assert outcome.account is not None
    return folder


def test_the_sample_has_the_account_that_its_readme_promises(output):
    """27 records: 19 articles, 5 duplicates, 2 rejects, and 1 sent twice."""
    counted = {table: len(rows(output, table)) for table in ("articles", "duplicates", "rejects")}

    assert {"articles": 19, "duplicates": 5, "rejects": 2} == counted


def test_the_sample_merges_copies_and_nothing_else(output):
    """Five copies find their story; the follow-up and the weekly template stay apart."""
    pairs = {row["source"]: row["match"] for row in rows(output, "duplicates")}
    clusters = Counter(row["cluster_id"] for row in rows(output, "articles"))

    assert {
        "kesterby-post/library-opens.txt": "exact",
        "skywatch-notebook/telescope-first-light.txt": "exact",
        "newsloom24/bakery-blaze.txt": "near",
        "pellworth-wire/2025-spring.jsonl#1": "near",
        "valley-feed/pages.jsonl#1": "near",
    } == pairs
    assert {1} == set(clusters.values())
