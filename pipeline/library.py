"""The functions of the package ``newsieve``: what the command line does, for programs."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.dataset as ds

from pipeline.config_file import load_config, redirected
from pipeline.errors import NewsieveError, UsageError
from pipeline.explain.runs import list_runs, published_files
from pipeline.passes.isolation import process_document
from pipeline.read import read_part
from pipeline.read.parts import Part
from pipeline.records import Document, Rejection
from pipeline.storage import Place, output_place
from pipeline.write.columns import TABLES, schema
from pipeline.write.parquet import dataset_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from pipeline.config import Config
    from pipeline.job import Outcome
    from pipeline.records import Article
    from pipeline.write.columns import Table

_SNIFFED = 512
"""Bytes that are examined to recognise a page."""


def clean(
    content: str | bytes,
    *,
    url: str | None = None,
    title: str | None = None,
    authors: Sequence[str] = (),
    date_published: str | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Article:
    """Clean one document, as ``newsieve clean`` does.

    Args:
        content: a text or a page; one that begins with ``<`` is a page. The encoding of bytes
            is detected.
        url, title, authors, date_published: metadata that is known already.
        settings: by dotted name, such as ``{"clean.mode": "careful"}``.

    Returns:
        The article: title, authors, date_published, language, text, removed (spans of
        ``seen_text`` with their rules), evidence and more. ``text`` is empty if nothing is left.

    Raises:
        NewsieveError: the document cannot be read or cleaned; the message says why.
        ConfigError: a setting is wrong.
    """
    config = _config(None, settings)
    raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    suffix = ".html" if raw[:_SNIFFED].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<" else ".txt"
    part = Part("document", f"document{suffix}", suffix, final=True)
    (record, *_) = read_part(part, lambda _: BytesIO(raw), config.input)
    if isinstance(record, Rejection):
        raise NewsieveError(": ".join(filter(None, (record.reason, record.detail))))
    assert isinstance(record, Document)  # final: nothing is unfinished
    known = {"url": url, "title": title, "date_published": date_published}
    given: dict[str, Any] = {name: value for name, value in known.items() if value is not None}
    if authors:
        given["authors"] = tuple(authors)
    article, rejection = process_document(replace(record, **given), config)
    if article is None:
        assert rejection is not None
        raise NewsieveError(": ".join(filter(None, (rejection.reason, rejection.detail))))
    return article


def run(
    inputs: str | Path | Sequence[str | Path],
    output: str | Path,
    *,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
    logical_date: date | None = None,
) -> Outcome:
    """Read new files, clean and deduplicate their articles and publish a run, as ``newsieve run``.

    Args:
        inputs: files, folders or globs.
        output: the folder that collects the runs, or an address such as s3://bucket/news.
        config: a YAML file; None for the defaults.
        settings: by dotted name, such as ``{"dedup.window_days": 7}``.
        logical_date: the day that the run belongs to, tomorrow in UTC at the latest; None for
            today in UTC.

    Returns:
        The ``published`` runs, and ``account`` and ``folder`` of the newest.

    Raises:
        NewsieveError: as for the exit codes of the command line.
    """
    from pipeline.beam.runner import execute  # noqa: PLC0415 - Beam takes a second to import
    from pipeline.job import run_job  # noqa: PLC0415
    from pipeline.ledger.plan import refuse_future  # noqa: PLC0415

    if logical_date:
        refuse_future(logical_date)
    paths = [inputs] if isinstance(inputs, (str, Path)) else inputs
    effective = _config(config, settings)
    effective = redirected(effective, [str(path) for path in paths], str(output))
    return run_job(effective, logical_date, execute)


def open_output(path: str | Path) -> Output:
    """Open an output folder for reading.

    Raises:
        UsageError: it has no published run.
    """
    output = Output(output_place(str(path)))
    if not output.runs:
        raise UsageError(f"{path}: no published run here; name the output folder of a run")
    return output


@dataclass(frozen=True)
class Output:
    """The published runs of an output folder; each access reads its current state."""

    path: Place

    @property
    def runs(self) -> list[dict[str, Any]]:
        """The runs with their counts, oldest first, as in ``newsieve list --format json``."""
        found: list[dict[str, Any]] = list_runs(self.path)["runs"]
        return found

    @property
    def articles(self) -> ds.Dataset:
        """All articles."""
        return self._table("articles")

    @property
    def duplicates(self) -> ds.Dataset:
        """All removed duplicates."""
        return self._table("duplicates")

    @property
    def rejects(self) -> ds.Dataset:
        """All rejected records."""
        return self._table("rejects")

    def since(
        self, sequence: int, table: Table = "articles", *, until: int | None = None
    ) -> ds.Dataset:
        """Return the rows of *table* from later runs, even if these were compacted since.

        Args:
            sequence: number of the last run that was read; 0 for all runs.
            until: number of the last run to return; None for the newest.
        """
        newest = until or self.runs[-1]["sequence"]
        wanted = [run["run_id"] for run in self.runs if sequence < run["sequence"] <= newest]
        return self._table(table, sequence).filter(
            ds.field("run_id").isin(pa.array(wanted, pa.string()))
        )

    def cluster(self, cluster_id: str) -> dict[str, list[dict[str, Any]]]:
        """Return the rows of a cluster, under ``articles`` and ``duplicates``."""
        wanted = ds.field("cluster_id") == cluster_id
        return {
            table: self._table(table).to_table(filter=wanted).to_pylist() for table in TABLES[:2]
        }

    def _table(self, table: Table, after: int = 0) -> ds.Dataset:
        return dataset_of(published_files(self.path, table, after), schema(table))


def _config(path: str | Path | None, settings: Mapping[str, Any] | None) -> Config:
    overrides = [f"{name}={json.dumps(value)}" for name, value in (settings or {}).items()]
    return load_config(Path(path) if path else None, overrides)
