"""``newsieve check``: what a run would do with this configuration; starts nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.options import config_argument, on_one_line, set_option
from pipeline.config_file import commented_yaml, load_config
from pipeline.dedup.signatures import collision_probability
from pipeline.ledger.inputs import Inputs, find_inputs

if TYPE_CHECKING:
    from pipeline.config import DedupConfig

SHOWN = 10
"""Inputs listed by name; the rest are counted."""


@click.command()
@config_argument
@set_option
def check(config: Path | None, overrides: tuple[str, ...]) -> None:
    """Validate CONFIG; show the settings, the inputs and what counts as a candidate pair.

    \b
    Example:
      newsieve check configs/default.yaml --set dedup.bands=64
    """  # noqa: D301
    settings = load_config(config, overrides)
    output = Path(settings.write.output)
    inputs = find_inputs(settings.input.paths, settings.input.min_age_s, output)
    click.echo(commented_yaml(settings))
    click.echo(_render_inputs(inputs))
    click.echo(render_curve(settings.dedup))


def _render_inputs(inputs: Inputs) -> str:
    lines = [f"# {len(inputs.files)} files to read"]
    lines += [f"#   {on_one_line(file.source)}" for file in inputs.files[:SHOWN]]
    if len(inputs.files) > SHOWN:
        lines.append(f"#   … and {len(inputs.files) - SHOWN} more")
    lines += [f"#   {on_one_line(folder.path)}: cannot be listed" for folder in inputs.unreadable]
    lines += [f"# {on_one_line(remark)}" for remark in inputs.remarks()]
    return "\n".join(lines) + "\n"


def render_curve(config: DedupConfig) -> str:
    """Show the share of pairs that become candidates, by their similarity."""
    rows = config.permutations // config.bands
    decided = f"similarity {config.similarity}, or containment {config.containment}"
    lines = [f"# candidate pairs: {config.bands} bands of {rows} values; copies from {decided}"]
    for tenth in range(1, 11):
        share = collision_probability(tenth / 10, config.permutations, config.bands)
        lines.append(f"#   similarity {tenth / 10:.1f}  {share:7.2%}  {'▇' * round(share * 40)}")
    return "\n".join(lines)
