"""What a finished run is judged by before it is published."""

from __future__ import annotations

import json

import pytest
import strategies  # noqa: F401 - loads the profile
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.config import GatesConfig
from pipeline.ledger.account import Account
from pipeline.ledger.gates import (
    GATES,
    GateResult,
    failed,
    gates_as_dict,
    gates_from_dict,
    judge_gates,
)

OFF = {name: 1 if "_share" in name else 0 for name in GATES}
"""Every gate without a limit."""

ABSOLUTE = [name for name in GATES if not name.endswith(("_rise", "_ratio"))]
RELATIVE = [name for name in GATES if name not in ABSOLUTE]

TIGHT = {"min_articles": 10**6, "min_articles_ratio": 1, "min_read_ratio": 1} | {
    name: 1 if name in ("max_articles", "max_cluster_size") else 0 if "_share" in name else 0.001
    for name in GATES
    if name.startswith("max_")
}
"""Every gate as narrow as it can be set."""


def config(**gates) -> GatesConfig:
    """Settings with no limit but these."""
    small = {"min_records": 100, "baseline_runs": 5, "min_runs": 3}
    return GatesConfig.model_construct(**(GatesConfig().model_dump() | OFF | small | gates))


def earlier(*counts, **same):
    """Manifests of runs with these counts; the rest of each account is empty."""
    return [{"counts": Account(**each, **same).as_dict()} for each in counts]


def accounts() -> st.SearchStrategy[Account]:
    """Draw accounts that could be: no part is larger than what it is part of."""

    def build(articles, duplicates, rejects, unchanged, parts):
        undated, errors, cluster = parts
        return Account(
            read=articles + duplicates + rejects + unchanged,
            articles=articles, duplicates=duplicates, rejects=rejects, unchanged=unchanged,
            undated_articles=round(undated * articles), errors=round(errors * rejects),
            largest_cluster=round(cluster * (articles + duplicates)),
        )  # fmt: skip

    count = st.integers(0, 300)
    return st.builds(build, count, count, count, count, st.tuples(*[st.floats(0, 1)] * 3))


HISTORIES = st.lists(accounts().map(lambda each: {"counts": each.as_dict()}), max_size=8)
LIMITS = st.fixed_dictionaries({name: st.sampled_from([OFF[name], TIGHT[name]]) for name in GATES})

ABSOLUTE_CASES = {
    # gate, its setting, the account at the limit, and one step beyond it
    "min_articles": (5, {"articles": 5}, {"articles": 4}),
    "max_articles": (5, {"articles": 5}, {"articles": 6}),
    "max_reject_share": (
        0.2, {"articles": 80, "rejects": 20}, {"articles": 80, "rejects": 21},
    ),
    "max_error_share": (
        0.1, {"articles": 80, "rejects": 20, "errors": 10},
        {"articles": 80, "rejects": 20, "errors": 11},
    ),
    "max_duplicate_share": (
        0.3, {"articles": 70, "duplicates": 30}, {"articles": 69, "duplicates": 31},
    ),
    "max_undated_share": (
        0.5, {"articles": 100, "undated_articles": 50},
        {"articles": 100, "undated_articles": 51},
    ),
    "max_cluster_size": (9, {"articles": 9, "largest_cluster": 9}, {"largest_cluster": 10}),
}  # fmt: skip


@pytest.mark.parametrize("name", ABSOLUTE)
def test_the_limit_itself_passes_and_one_step_beyond_does_not(name):
    """A limit of its own needs no earlier run; its result says value and limit."""
    setting, at_limit, beyond = ABSOLUTE_CASES[name]
    (passing,) = judge_gates(Account(**at_limit), [], config(**{name: setting}))
    (failing,) = judge_gates(Account(**beyond), [], config(**{name: setting}))

    assert (name, setting, setting, None, True) == (
        passing.name, passing.value, passing.limit, passing.baseline, passing.passed,
    )  # fmt: skip
    assert (name, False) == (failing.name, failing.passed)
    assert [failing] == failed([passing, failing])


RELATIVE_CASES = {
    # gate, its setting, three earlier runs, account at the limit, beyond it, baseline, limit
    "min_articles_ratio": (
        0.5, [{"articles": n} for n in (100, 200, 900)], {"articles": 100}, {"articles": 99},
        200, 100,
    ),
    "min_read_ratio": (
        0.5, [{"read": n} for n in (200, 400, 900)], {"read": 100}, {"read": 99}, 200, 100,
    ),
    "max_articles_ratio": (
        3, [{"articles": n} for n in (1, 200, 900)], {"articles": 600}, {"articles": 601}, 200, 600,
    ),
    "max_reject_share_rise": (
        0.1, [{"articles": 100 - n, "rejects": n} for n in (10, 20, 90)],
        {"articles": 70, "rejects": 30}, {"articles": 69, "rejects": 31}, 0.2, 0.3,
    ),
    "max_error_share_rise": (
        0.1, [{"articles": 1000 - n, "rejects": n, "errors": n} for n in (0, 700, 710)],
        {"articles": 20, "rejects": 80, "errors": 80},
        {"articles": 19, "rejects": 81, "errors": 81}, 0.7, 0.8,
    ),
    "max_duplicate_share_rise": (
        0.2, [{"articles": 100 - n, "duplicates": n} for n in (10, 10, 10)],
        {"articles": 70, "duplicates": 30}, {"articles": 69, "duplicates": 31}, 0.1, 0.3,
    ),
    "max_undated_share_rise": (
        0.2, [{"articles": 100, "undated_articles": n} for n in (10, 10, 11)],
        {"articles": 1000, "undated_articles": 300},
        {"articles": 1000, "undated_articles": 301}, 0.1, 0.3,
    ),
    "max_cluster_size_ratio": (
        2, [{"articles": 100, "largest_cluster": n} for n in (1, 7, 80)],
        {"articles": 100, "largest_cluster": 14}, {"articles": 100, "largest_cluster": 15}, 7, 14,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RELATIVE)
def test_a_limit_by_the_baseline_passes_itself_and_not_one_step_beyond(name):
    """The baseline is the median; sums of decimal fractions do not miss the limit."""
    setting, runs, at_limit, beyond, baseline, limit = RELATIVE_CASES[name]
    settings = config(**{name: setting})
    (passing,) = judge_gates(Account(**at_limit), earlier(*runs), settings)
    (failing,) = judge_gates(Account(**beyond), earlier(*runs), settings)

    assert (name, limit, limit, baseline, True) == (
        passing.name, passing.value, passing.limit, passing.baseline, passing.passed,
    )  # fmt: skip
    assert (name, limit, baseline, False) == (
        failing.name, failing.limit, failing.baseline, failing.passed,
    )  # fmt: skip


@pytest.mark.parametrize("name", RELATIVE)
def test_one_earlier_run_too_few_and_nothing_is_compared(name):
    """Below min_runs fit runs a gate by the baseline is not judged."""
    setting, runs, _, beyond, _, _ = RELATIVE_CASES[name]

    assert [] == judge_gates(Account(**beyond), earlier(*runs[:2]), config(**{name: setting}))


@pytest.mark.parametrize("name", [name for name in GATES if "_share" in name])
def test_one_record_too_few_and_a_share_is_not_judged(name):
    """99 of min_records = 100; an absolute share is spared as well."""
    counts = {"articles": 99} if "undated" in name else {"articles": 0, "rejects": 99}
    full = {"errors": counts.get("rejects", 0), "undated_articles": counts["articles"]}
    if "duplicate" in name:
        counts = {"duplicates": 99}
    history = earlier(*[{"articles": 100}] * 3)
    settings = config(**{name: 0})

    assert [] == judge_gates(Account(**counts, **full), history, settings)
    more = {key: 100 * (value > 0) for key, value in (counts | full).items()}
    assert [name] == [
        result.name for result in failed(judge_gates(Account(**more), history, settings))
    ]


@pytest.mark.parametrize(("before", "now", "judged"), [(99, 99, 0), (100, 2, 1), (99, 100, 1)])
def test_a_volume_is_compared_when_either_side_is_large(before, now, judged):
    """A run of 2 articles is told from one of 100, whose number says something; 2 from 4 is not."""
    history = earlier(*[{"articles": before}] * 3)
    results = judge_gates(Account(articles=now), history, config(min_articles_ratio=0.01))

    assert judged == len(results)


DAY = [4_000, 1_500, 3_000, 4_200, 5_000, 4_100, 4_050, 3_900]
"""Records read in eight runs, a night among them."""


@pytest.mark.parametrize(
    ("before", "now", "holds"),
    [
        (DAY, 10, True), (DAY, 0, True), (DAY, 15, False), (DAY, 1_200, False),
        ([*DAY, 12], 3, False), ([*DAY, 999], 3, False), (DAY[:6], 3, False),
    ],
)  # fmt: skip
def test_a_run_that_reads_almost_nothing_is_held_unless_that_is_usual(before, now, holds):
    """By default: less than a hundredth of the least that seven runs or more have read."""
    run = Account(read=now, articles=now)
    history = earlier(*[{"read": each, "articles": each} for each in before])
    late = judge_gates(run, history, GatesConfig(), catching_up=True)

    assert ["min_read_ratio"] * holds == [
        each.name for each in failed(judge_gates(run, history, GatesConfig()))
    ]
    assert [] == failed(late), "rejects that are tried again are few"


def test_small_earlier_runs_are_no_baseline_for_shares():
    """A run of three records, two of them bad, does not say what is usual."""
    small = earlier(*[{"articles": 1, "rejects": 2}] * 2)
    large = earlier(*[{"articles": 90, "rejects": 10}] * 3)
    run = Account(articles=50, rejects=50)
    (result,) = judge_gates(run, large + small, config(max_reject_share_rise=0.3))

    assert (0.1, False) == (result.baseline, result.passed)


def test_only_the_newest_runs_are_a_baseline():
    """baseline_runs of them, however many there are."""
    history = earlier(*[{"articles": 1_000}] * 9, *[{"articles": 200}] * 5)
    (result,) = judge_gates(Account(articles=200), history, config(min_articles_ratio=0.9))

    assert (200, True) == (result.baseline, result.passed)


def test_what_a_person_published_is_usual_from_then_on():
    """Runs before it no longer count for the gate that held it, and count for all others."""
    good, bad = {"articles": 100}, {"articles": 50, "rejects": 50}
    (held,) = earlier(bad)
    accepted = held | {"gates": {"max_reject_share_rise": {"passed": False}}}
    settings = config(max_reject_share_rise=0.1, min_articles_ratio=0.8, min_records=50)
    run = Account(**bad)

    names = [each.name for each in judge_gates(run, [*earlier(good, good, good)], settings)]
    assert ["min_articles_ratio", "max_reject_share_rise"] == names
    for more, judged in ((0, 1), (1, 1), (2, 2)):
        history = [*earlier(good, good), accepted, *earlier(*[bad] * more)]
        results = judge_gates(run, history, settings)
        assert judged == len(results)
        assert [] == [each for each in failed(results) if each.name != "min_articles_ratio"]


def test_an_older_manifest_without_a_count_is_no_baseline():
    """What it does not say is not taken for zero."""
    old = [{"counts": {"articles": 100, "duplicates": 0, "rejects": 0}}] * 5
    run = Account(articles=100, undated_articles=100)

    assert [] == judge_gates(run, old, config(max_undated_share_rise=0.1))


def test_a_run_without_articles_has_no_share_of_them():
    """A share of nothing is not judged; the number of articles is."""
    settings = config(min_articles=1, max_undated_share=0)
    results = judge_gates(Account(rejects=500), [], settings)

    assert [("min_articles", False)] == [(each.name, each.passed) for each in results]


@given(accounts(), HISTORIES)
def test_without_limits_nothing_is_judged(account, history):
    """All gates can be turned off."""
    assert [] == judge_gates(account, history, config())


@given(accounts(), HISTORIES, LIMITS, st.integers(1, 400), st.integers(1, 9))
def test_no_gate_fires_below_its_minimum(account, history, limits, min_records, min_runs):
    """Too few records or too few earlier runs: only limits of their own on counts are left."""
    settings = config(**limits, min_records=min_records, min_runs=min_runs, baseline_runs=9)
    results = judge_gates(account, history, settings)
    records = account.articles + account.duplicates + account.rejects

    if records < min_records:
        assert not any("_share" in each.name for each in results)
    if account.articles < min_records:
        assert not any("undated" in each.name for each in results)
    if len(history) < min_runs:
        assert all(each.name in ABSOLUTE for each in results)
    assert all(limits[each.name] != OFF[each.name] for each in results)


@given(accounts())
def test_the_defaults_never_hold_a_first_run(account):
    """Nor any of the next six, however they look: there is nothing to compare with."""
    history = earlier({"articles": 1_000}) * (GatesConfig().min_runs - 1)

    for runs in ([], history):
        assert [] == judge_gates(account, runs, GatesConfig())


@given(accounts(), st.integers(7, 40))
def test_the_defaults_never_hold_a_run_of_less_than_a_thousand_records(account, runs):
    """Whatever the baseline is."""
    assume(account.articles + account.duplicates + account.rejects < 1_000)
    history = earlier({"articles": 100_000}) * runs

    assert [] == failed(judge_gates(account, history, GatesConfig()))


@given(accounts(), HISTORIES, LIMITS)
def test_results_do_not_depend_on_other_gates(account, history, limits):
    """Each gate alone says what it says among all."""
    settings = {"min_records": 1, "min_runs": 1}
    alone = [
        result
        for name in GATES
        for result in judge_gates(account, history, config(**settings, **{name: limits[name]}))
    ]

    assert alone == judge_gates(account, history, config(**settings, **limits))


@given(accounts(), HISTORIES, LIMITS)
def test_the_manifest_gives_the_results_back(account, history, limits):
    """By name, in order, through JSON."""
    results = judge_gates(account, history, config(**limits, min_records=1, min_runs=1))

    facts = json.loads(json.dumps(gates_as_dict(results)))
    assert results == gates_from_dict(facts)
    newer = {name: fact | {"since": "1.1"} for name, fact in facts.items()}
    assert results == gates_from_dict(newer)


def test_every_gate_is_a_setting_and_the_other_way_round():
    """One name for each; the three that are no gates say what is compared with what."""
    settings = list(GatesConfig.model_fields)

    assert ["min_records", "baseline_runs", "min_runs", *GATES] == settings


@pytest.mark.parametrize(
    ("result", "text"),
    [
        (GateResult("min_articles", 4, 5, None, passed=False),
         "min_articles: 4 is below the limit of 5"),
        (GateResult("max_reject_share_rise", 0.3125, 0.3, 0.2, passed=False),
         "max_reject_share_rise: 0.3125 is above the limit of 0.3 (baseline 0.2)"),
        (GateResult("max_articles_ratio", 600, 600, 200, passed=True),
         "max_articles_ratio: 600 is within the limit of 600 (baseline 200)"),
    ],
)  # fmt: skip
def test_a_result_is_a_sentence(result, text):
    """Name, value, limit and baseline."""
    assert text == str(result)
