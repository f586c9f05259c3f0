"""run.metrics_file: what Prometheus is told of the last run, however it ended."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from runs import configured, run

from pipeline.errors import HeldRun, LockedOutput, NewsieveError, UsageError
from pipeline.ledger.account import Account
from pipeline.monitor.metrics_file import LAST_SUCCESS, recorded
from pipeline.records import REASONS

ACCOUNT = Account(read=5, articles=3, rejects=2, rejects_by_reason={"no_text": 2})
CODE = "newsieve_last_run_exit_code"


def with_metrics(folder, output="out"):
    """A configuration that writes folder/newsieve.prom."""
    settings = {"metrics_file": str(folder / "newsieve.prom")}
    return configured(folder / "in", folder / output, run=settings)


def told(config):
    """The samples of the file, by name and label other than output."""
    text = Path(config.run.metrics_file).read_text("utf-8")
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = dict(sample.labels)
            assert str(config.write.output) == labels.pop("output")
            found[(sample.name, *labels.values())] = sample.value
    return found


def end_with(config, error):
    """A run that ends with *error*."""
    with pytest.raises(type(error)), recorded(config):
        raise error


def test_a_good_run_leaves_its_counts_and_the_time(tmp_path):
    """Every outcome and every reason of the closed list has a sample, most of them 0."""
    config = with_metrics(tmp_path)
    with recorded(config) as last:
        last.account = ACCOUNT
    found = told(config)

    assert 0 == found[(CODE,)]
    assert 5 == found[("newsieve_last_run_records_read",)]
    assert 3 == found[("newsieve_last_run_records", "articles")]
    assert 2 == found[("newsieve_last_run_rejects", "no_text")]
    assert len(REASONS) == sum(key[0] == "newsieve_last_run_rejects" for key in found)
    assert found[(LAST_SUCCESS,)] <= found[("newsieve_last_run_timestamp_seconds",)]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NewsieveError("x"), 1),
        (UsageError("x"), 2),
        (HeldRun("x"), 3),
        (OSError("x"), 1),
        (ZeroDivisionError("x"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_a_bad_end_keeps_the_time_of_the_last_success(tmp_path, error, code):
    """Exit code and duration are the last run's; what it did not count is left out."""
    config = with_metrics(tmp_path)
    with recorded(config) as last:
        last.account = ACCOUNT
    success = told(config)[(LAST_SUCCESS,)]

    end_with(config, error)
    found = told(config)

    assert (code, success) == (found[(CODE,)], found[(LAST_SUCCESS,)])
    assert ("newsieve_last_run_records_read",) not in found


def test_the_first_run_may_fail(tmp_path):
    """Without any success there is no time of one; the same with a damaged file."""
    config = with_metrics(tmp_path)
    (tmp_path / "newsieve.prom").write_text("}}} 1 {", "utf-8")
    end_with(config, NewsieveError("x"))

    assert (LAST_SUCCESS,) not in told(config)
    assert 1 == told(config)[(CODE,)]


def test_an_output_whose_name_is_no_utf_8_is_escaped(tmp_path):
    """Such a folder is refused; the figures say so."""
    config = with_metrics(tmp_path)
    odd = config.write.model_copy(update={"output": "/o/\udcff\u00fc"})
    config = config.model_copy(update={"write": odd})
    end_with(config, UsageError("x"))

    assert 'output="/o/\\\\xff\u00fc"' in (tmp_path / "newsieve.prom").read_text("utf-8")


def test_a_run_that_finds_the_lock_taken_writes_nothing(tmp_path):
    """The run at work will write when it ends; until then the time of success grows old."""
    config = with_metrics(tmp_path)
    end_with(config, LockedOutput("x"))

    assert not (tmp_path / "newsieve.prom").exists()


def test_off_by_default(tmp_path, monkeypatch):
    """Without the setting no file is written and prometheus-client is not needed."""
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with recorded(configured(tmp_path / "in", tmp_path / "out")):
        pass

    assert [] == list(tmp_path.iterdir())


def test_a_missing_library_is_told_before_the_run(tmp_path, monkeypatch):
    """Nothing is started; the message says what to install."""
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    started = []
    with (
        pytest.raises(UsageError, match=r"install newsieve\[metrics\]"),
        recorded(with_metrics(tmp_path)),
    ):
        started.append(1)

    assert [] == started


def test_a_file_that_cannot_be_written_does_not_fail_the_run(tmp_path, caplog):
    """The run is published: a warning is all that is left to say."""
    settings = {"metrics_file": str(tmp_path / "no" / "such" / "newsieve.prom")}
    with recorded(configured(tmp_path / "in", tmp_path / "out", run=settings)):
        pass

    assert "cannot be written: No such file or directory" in caplog.text


def test_the_name_must_be_one_that_is_collected(tmp_path):
    """The collector reads .prom only."""
    with pytest.raises(ValueError, match=r"should end in \.prom"):
        configured(tmp_path, tmp_path, run={"metrics_file": "newsieve.txt"})


def test_the_setting_changes_no_run(tmp_path):
    """Who watches is no part of what a run is: its name stays the same."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("The ferry left at noon. " * 20, "utf-8")
    names = {
        run(tmp_path / "in", tmp_path / name, run=settings).published[-1].plan.run_id
        for name, settings in [("one", {}), ("two", {"metrics_file": "x.prom"})]
    }

    assert 1 == len(names)
