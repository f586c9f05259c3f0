"""The articles of earlier runs that new ones are compared with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from hashlib import blake2b
from pathlib import Path

import pyarrow.parquet as pq

from pipeline.config import CleanConfig, DedupConfig
from pipeline.dedup.steps.earlier.keys import made_with, sign_again, signature_settings, write_keys
from pipeline.ledger.history import CommittedRun, check_tables, state_file, table_files
from pipeline.staging import WindowPart
from pipeline.storage import Place, opened
from pipeline.write.parquet import undamaged

LINES_DAYS = 30
"""Days over which the lines of a site are counted, because menus and teasers change."""


def window_of(
    runs: Sequence[CommittedRun], logical_date: date, config: DedupConfig, output: Place
) -> list[WindowPart]:
    """List the files of articles of the *runs* within ``dedup.window_days``, oldest first.

    Keys that are missing or were made with other settings are made again from the stored texts, and
    kept in ``.index`` for the next run.
    """
    parts = []
    for run in runs:
        if abs((logical_date - run.logical_date).days) > config.window_days:
            continue
        check_tables(run)
        for articles in table_files(run.folder, "articles"):
            with undamaged(articles):  # so that the message names the file
                rows = pq.read_metadata(opened(articles)).num_rows
                keys = _keys_for(articles, run, config, output)
            parts.append(WindowPart(str(articles.absolute()), str(keys.absolute()), rows))
    return parts if config.window_days else []


def lines_of(runs: Sequence[CommittedRun], logical_date: date, config: CleanConfig) -> list[str]:
    """List the files of short lines of the *runs* within ``LINES_DAYS``, oldest first."""
    found = [
        state_file(run.folder, "lines")
        for run in runs
        if config.site_pages and abs((logical_date - run.logical_date).days) <= LINES_DAYS
    ]
    return [str(path.absolute()) for path in found if path]


def _keys_for(articles: Place, run: CommittedRun, config: DedupConfig, output: Place) -> Place:
    published = run.folder / "state" / "keys" / articles.name
    listed = isinstance(published, Path) or published in table_files(run.folder, "state/keys")
    if listed and made_with(published, config):
        return published
    settings = blake2b(signature_settings(config).encode(), digest_size=4).hexdigest()
    again = output / ".index" / f"keys-{settings}" / run.run_id / articles.name
    if not made_with(again, config):
        write_keys(again, sign_again(articles, config, output / ".staging"))
    return again
