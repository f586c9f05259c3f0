"""``newsieve check``: what a run would do with these settings, without starting it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.options import (
    WithBeamFlags,
    config_option,
    format_option,
    input_option,
    print_json,
    print_lines,
    set_option,
    split_paths,
)
from pipeline.errors import UsageError
from pipeline.text.terminal import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.config import Config, DedupConfig
    from pipeline.job import Preview

SHOWN = 10
"""New files listed by name; the rest are counted."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What is shown: the settings, where they come from, and what a run would read."""

    config: Config
    file: Path | None
    preview: Preview
    engine: str
    needs: list[dict[str, str]]


@click.command(cls=WithBeamFlags)
@click.argument("arguments", nargs=-1, metavar="[PATH]... [-- BEAM FLAGS]")
@config_option
@input_option
@click.option("--output", metavar="DIR", help="Folder that collects the runs (write.output).")
@click.option("--settings", is_flag=True, help="Print the settings only, as a configuration file.")
@format_option
@set_option
def check(
    arguments: tuple[str, ...],
    config: Path | None,
    inputs: tuple[str, ...],
    output: str | None,
    settings: bool,
    form: str,
    overrides: tuple[str, ...],
    beam_flags: tuple[str, ...],
) -> None:
    """Validate the settings and show what a run would read, without starting it.

    Shows the settings that differ from the defaults, the files that no run has read yet, what is
    skipped and why, and how similar two texts must be to be compared. If the first argument is a
    YAML file, it is used as --config. Of another engine (run.beam, or Beam's own flags after --)
    it shows what that needs, and whether it is there. Exits with 0 if a run could start.

    \b
    Example:
      newsieve check
      newsieve check --input 'raw/**/*.txt' --set dedup.bands=64
      newsieve check --settings > newsieve.yaml
    """  # noqa: D301
    from pipeline.config_file import commented_yaml, find_config, load_config, redirected
    from pipeline.job import preview_run

    named, paths = split_paths(arguments, config)
    file = named or find_config()
    effective = redirected(load_config(file, overrides), [*paths, *inputs], output)
    if settings and form == "text":
        click.echo(commented_yaml(effective), nl=False)
        return
    engine = _engine(effective, beam_flags)
    found = _Found(effective, file, preview_run(effective), *engine)
    if form == "json":
        print_json(_as_json(found))
    else:
        print_lines(_as_lines(found))
    missing = [each["name"] for each in found.needs if each["state"] == "missing"]
    if missing:
        raise UsageError(f"{found.engine} cannot start: {', '.join(missing)} missing; see above")


def _engine(config: Config, beam_flags: tuple[str, ...]) -> tuple[str, list[dict[str, str]]]:
    """Return the engine, and its needs; Beam takes a second to import, so only if it is asked."""
    if not (beam_flags or config.run.beam):
        return "in-process", []
    from pipeline.beam.runner import engine_needs

    engine, needs = engine_needs(config, beam_flags)
    return engine, [asdict(need) for need in needs]


def _as_json(found: _Found) -> dict[str, Any]:
    from pipeline.config_file import changed

    inputs, plan = found.preview.inputs, found.preview.plan
    new = {each.source for each in plan.inputs}
    return {
        "configuration": found.file and str(found.file),
        "settings": found.config.model_dump(mode="json"),
        "changed": changed(found.config),
        "files": [
            {"path": each.path, "source": each.source, "new": each.source in new}
            for each in inputs.files
        ],
        "new_files": len(plan.inputs),
        "new_bytes": plan.bytes,
        "unreadable": [each.path for each in inputs.unreadable],
        "too_young": inputs.too_young,
        "other_kinds": dict(inputs.ignored),
        "unfollowed": inputs.unfollowed,
        "newest_run": found.preview.newest,
        "engine": found.engine,
        "needs": found.needs,
        "candidates": [
            {"similarity": similarity, "share": share}
            for similarity, share in _curve(found.config.dedup)
        ],
    }


def _as_lines(found: _Found) -> Iterator[str]:
    from pipeline.config_file import changed

    config, preview = found.config, found.preview
    inputs, plan = preview.inputs, preview.plan
    yield f"configuration  {shown(str(found.file or 'none; these are the defaults'))}"
    for name, value in changed(config).items():
        yield f"               {name} = {shown(str(value))}"
    yield f"reads          {shown(', '.join(config.input.paths))}: {len(inputs.files):,} files"
    if found.needs:
        yield f"engine         {shown(found.engine)}"
    for need in found.needs:
        yield shown(f"               {need['state']:8}{need['name']}: {need['text']}")
    newest = preview.newest or "no run yet"
    yield f"writes         {shown(config.write.output)}: {shown(newest)}"
    known = len(inputs.files) + len(inputs.unreadable) - len(plan.inputs)
    size = f"{plan.bytes / 1e6:,.1f} MB"
    yield f"new            {len(plan.inputs):,} files, {size}; {known:,} read by earlier runs"
    yield from (f"               {shown(each.source)}" for each in plan.inputs[:SHOWN])
    if len(plan.inputs) > SHOWN:
        yield f"               … and {len(plan.inputs) - SHOWN:,} more (--format json lists all)"
    for folder in inputs.unreadable:
        yield f"               {shown(folder.path)}: cannot be listed"
    yield from (f"               {shown(remark)}" for remark in inputs.remarks())
    yield from render_curve(config.dedup)
    yield "settings       newsieve check --settings"


def render_curve(config: DedupConfig) -> Iterator[str]:
    """Show the share of pairs that are compared, by their similarity."""
    rows = config.permutations // config.bands
    yield f"compares       texts that share one of {config.bands} bands of {rows} values"
    yield "               (and texts that share rare phrases):"
    for similarity, share in _curve(config):
        yield f"               similarity {similarity:.1f}  {share:7.2%}  {'▇' * round(share * 40)}"


def _curve(config: DedupConfig) -> list[tuple[float, float]]:
    from pipeline.dedup.signatures import collision_probability

    return [
        (tenth / 10, collision_probability(tenth / 10, config.permutations, config.bands))
        for tenth in range(1, 11)
    ]
