"""read = articles + duplicates + rejects + unchanged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import strategies  # noqa: F401 - loads the profile
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import AccountError
from pipeline.explain.account import account_lines
from pipeline.ledger.account import Account, AlarmCluster
from pipeline.text.terminal import uncoloured

COUNTS = st.integers(0, 3) | st.integers(0, 10**12)
FATES = ("articles", "duplicates", "rejects", "unchanged")


@given(st.fixed_dictionaries(dict.fromkeys(FATES, COUNTS)), st.integers(-3, 3), COUNTS)
def test_the_check_passes_if_and_only_if_it_balances(fates, missing, unfinished):
    """A record more or less on either side is an error; unfinished lines were not read."""
    account = Account(read=sum(fates.values()) + missing, unfinished=unfinished, **fates)
    if not missing:
        account.check()
        return
    with pytest.raises(AccountError):
        account.check()


def test_the_message_has_the_sum():
    """Every count, what they come to, and that nothing was published."""
    with pytest.raises(AccountError) as caught:
        Account(read=10, articles=4, duplicates=3, rejects=1, unchanged=1).check()

    expected = (
        "the account does not balance: read 10, but 4 articles + 3 duplicates + 1 rejects "
        "+ 1 unchanged = 9; nothing was published. This is a bug in newsieve"
    )
    assert expected == str(caught.value)
    assert 1 == caught.value.exit_code


def test_the_manifest_has_every_count_by_name():
    """Tables of counts are sorted by name: the same account is the same text."""
    account = Account(read=3, rejects=3, rejects_by_reason={"too_short": 2, "no_text": 1})
    written = account.as_dict()

    assert ["no_text", "too_short"] == list(written["rejects_by_reason"])
    assert account == Account(**json.loads(json.dumps(written)))


def test_the_account_is_a_table_for_people():
    """Counts stand under one another, with the largest group of each first."""
    account = Account(
        read=1_234_567, articles=1_000_000, duplicates=200_000, rejects=34_565, unchanged=2,
        unfinished=1, rejects_by_reason={"b_rare": 1, "no_text": 34_563, "a_rare": 1},
        duplicates_by_match={"near": 150_000, "exact": 50_000},
    )  # fmt: skip

    expected = """\
read       1,234,567   1 unfinished last line is left for the next run
articles   1,000,000
duplicates   200,000   near 150,000 · exact 50,000
rejects       34,565   no_text 34,563 · a_rare 1 · b_rare 1
unchanged          2
           ---------
           1,234,567   accounted for, in 3.2 s"""
    assert expected == uncoloured("\n".join(account_lines(account, 3.21)))


def test_large_clusters_are_named_below_the_account():
    """With their size and title; one whose articles have no title says so."""
    clusters = (AlarmCluster("c1", 12_000, "Accept cookies"), AlarmCluster("c2", 1_001, None))
    lines = uncoloured("\n".join(account_lines(Account(alarm_clusters=clusters), 0.0))).splitlines()

    expected = [
        "alarm_cluster_size: 12,000 articles and copies in cluster c1: Accept cookies",
        "alarm_cluster_size: 1,001 articles and copies in cluster c2: without a title",
    ]
    assert expected == lines[-2:]


@given(st.fixed_dictionaries(dict.fromkeys(FATES, COUNTS)))
def test_every_line_of_the_account_is_aligned(fates):
    """Whatever the numbers, their last digits stand in one column."""
    account = Account(read=sum(fates.values()), **fates)
    lines = uncoloured("\n".join(account_lines(account, 0.0))).splitlines()
    ends = {len(line.split("   accounted")[0].rstrip()) for line in lines}

    assert 1 == len(ends)


def test_what_to_do_next_can_be_pasted_for_an_output_that_starts_with_a_dash(tmp_path, monkeypatch):
    """No shell and no parser takes the folder for a flag."""
    monkeypatch.chdir(tmp_path)
    lines = list(account_lines(Account(), 0.0, Path("-odd/runs/2026-01-01-000001-00000000")))

    assert lines[-1].endswith(" newsieve report ./-odd --html report.html")


@pytest.mark.parametrize(
    ("name", "count", "without_text", "field"),
    [
        ("body", 5, 5, "text"),  # no record with it had a text
        ("body", 5, 9, "text"),
        ("body", 5, 4, None),  # one of them had
        ("Text", 1, 0, None),
        ("raw_html", 3, 0, None),
        ("raw_html", 3, 3, "html"),
        ("author", 5, 0, "authors"),  # it replaces no text
        ("text", 2, 0, None),  # replaced by a mapped field
        ("title", 2, 0, None),
        ("sidecar:unreadable", 1, 1, None),
    ],
)
def test_a_field_is_suggested_only_if_that_replaces_no_text(name, count, without_text, field):
    """A hint that is followed must not cost the records their texts."""
    account = Account(ignored_fields={name: count}, rejects_by_reason={"no_text": without_text})
    told = uncoloured("\n".join(account_lines(account, 0.0)))

    hint = f"{name} {count}; did you mean {field}?"
    assert (field is not None) == (hint in told) == ("to use it: --set" in told)
    assert f"{name} {count}" in told
