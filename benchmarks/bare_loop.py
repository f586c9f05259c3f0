"""The passes of a run one after the other, without Beam: what its overhead is measured against.

usage: python benchmarks/bare_loop.py INPUT OUTPUT
"""

from __future__ import annotations

import sys

from pipeline.config_file import load_config
from pipeline.job import run_job
from pipeline.passes.loop import run_passes

folder, output = sys.argv[1:]
config = load_config(None, [f"input.paths=[{folder}]", f"write.output={output}"])
run_job(config, None, lambda plan, *rest: run_passes(plan.blocks, *rest))
