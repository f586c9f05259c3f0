"""Beam's metrics: the same sums as the account."""

from __future__ import annotations

import apache_beam as beam
import pytest
from apache_beam.metrics.metric import MetricsFilter
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from runs import ROOT, run

from pipeline.beam.graph import build
from pipeline.beam.local_workers import local_workers, private_folder
from pipeline.beam.work import CLOSED, NAMESPACE

pytestmark = pytest.mark.beam

COUNTS = ("read", "articles", "duplicates", "rejects", "unchanged", "unfinished")


@pytest.mark.parametrize("workers", [1, 2])
def test_the_counters_equal_the_account(workers, tmp_path):
    """Added up over all blocks and workers, each counter is what the manifest says."""
    counted = {}

    def engine(plan, name, config, staging):
        options = PipelineOptions([f"--direct_num_workers={workers}"])
        with private_folder() as folder, local_workers(folder, []) as several:
            environment = several if workers > 1 else None
            with beam.Pipeline(runner=FnApiRunner(environment), options=options) as root:
                build(root, plan.blocks, name, config, staging)
        found = root.result.metrics().query(MetricsFilter().with_namespace(NAMESPACE))
        counted.update({each.key.metric.name: each.committed for each in found["counters"]})

    outcome = run(ROOT / "raw", tmp_path, engine=engine, run={"block_bytes": 8_000})
    account = outcome.account.as_dict()
    expected = {name: account[name] for name in COUNTS}
    for table in CLOSED:
        expected |= {f"{table}.{name}": value for name, value in account[table].items()}

    assert 27 == expected["read"]
    assert {"rejects_by_reason.no_text", "duplicates_by_match.near"} <= expected.keys()
    assert expected == counted
