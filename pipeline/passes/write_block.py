"""Write the finished tables of one block from its staged rows and their verdicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.config import Config
from pipeline.dedup.decide import KEPT, MATCHES
from pipeline.dedup.evidence import PARTS
from pipeline.dedup.steps.earlier.keys import keys_table, write_keys
from pipeline.dedup.steps.layouts import THIS_RUN, VERDICT, block_of, row_of
from pipeline.passes.sightings import sighted, write_sightings
from pipeline.staging import RunName, Staging, WrittenCounts, counter_of
from pipeline.storage import local
from pipeline.write.columns import TABLES, Table, finished_table, schema
from pipeline.write.parquet import write_parquet

OTHER_STORY = "other_story_at_url"
"""Flag of an article at the page of an earlier article with another story."""
PARTLY = "partly_in_another"
"""Flag of an article of which a part is in another article of its cluster."""


def write_block(
    index: int,
    verdicts: Iterable[NDArray[np.void]],
    repeats: Iterable[NDArray[np.int32]],
    run: RunName,
    config: Config,
    staging: Staging,
) -> None:
    """Write the block's part of each table.

    *verdicts* are arrays of ``VERDICT`` about its articles, in any order; *repeats* the ordinals of
    records whose id occurs earlier in the run, which count as unchanged.
    """
    judged = np.sort(np.concatenate([*verdicts, np.empty(0, VERDICT)]), order="row")
    repeated = np.unique(np.concatenate([*repeats, np.empty(0, np.int32)]))
    kept = judged["match"] == KEPT
    block = _Block(index, judged[~kept], judged[kept], repeated, run, staging)
    joins = ~kept | (judged["cluster_id"] != judged["representative_id"]).any(axis=1)
    counts = WrittenCounts(joined=Counter(map(_hex, judged["cluster_id"][joins])))
    for table in TABLES:
        path, portions = staging.table_file(index, table), getattr(block, table)(counts)
        rows = write_parquet(path, schema(table), portions, config.write.row_group_rows)
        setattr(counts, table, rows)
    if counts.articles:
        keys = keys_table(index, np.concatenate(block.kept_rows), config.dedup, staging)
        write_keys(staging.table_file(index, "state/keys"), keys)
    write_sightings(index, block.seen_again, run, staging)
    staging.note(index, "written", counts)
    counter_of(staging.folder).add("written_blocks")


@dataclass(frozen=True, eq=False)
class _Block:
    """A staged block and the verdicts about its rows; a method gives the rows of each table.

    ``copies`` and ``joined``: verdicts on duplicates and kept articles, by row. ``kept_rows``:
    arrays of int64, the rows that became articles. ``seen_again``: sightings of known articles.
    """

    index: int
    copies: NDArray[np.void]
    joined: NDArray[np.void]
    repeated: NDArray[np.int32]
    run: RunName
    staging: Staging
    kept_rows: list[NDArray[np.int64]] = field(default_factory=list)
    seen_again: list[pa.Table] = field(default_factory=list)

    @cached_property
    def run_ids(self) -> dict[int, str]:
        named = {THIS_RUN: self.run.run_id}
        numbers = np.unique(self.copies["representative_run"])
        earlier = numbers[numbers != THIS_RUN].astype(np.uint64)
        for block in np.unique(block_of(earlier)).tolist():
            names = self.staging.read(f"blocks/{block:05d}.runs", list[str]())
            for number in earlier[block_of(earlier) == block]:
                named[int(number)] = names[int(row_of(number))]
        return named

    def articles(self, counts: WrittenCounts) -> Iterator[pa.Table]:
        for rows, staged, repeated in self._staged("articles"):
            counts.unchanged.update(_sources(staged, repeated))
            self.seen_again.append(sighted(staged.filter(pa.array(repeated))))
            stays = ~repeated & ~np.isin(rows, self.copies["row"])
            chosen = staged.filter(pa.array(stays))
            spans = pc.list_flatten(chosen["removed"])
            counts.removed_by_rule.update(pc.struct_field(spans, "rule").to_pylist())
            counts.undated_articles += chosen["date_published"].null_count
            self.kept_rows.append(rows[stays])
            late = self._decided(chosen, rows[stays])
            yield finished_table("articles", chosen, late | self._run_columns(len(chosen)))

    def _decided(self, chosen: pa.Table, rows: NDArray[np.int64]) -> dict[str, list[Any]]:
        """Return the columns of kept articles that verdicts determine: cluster, versions, flags."""
        columns: dict[str, list[Any]] = {
            "cluster_id": chosen["id"].to_pylist(),
            "page_id": chosen["id"].to_pylist(),
            "revision_of": [None] * len(chosen),
            "fuller_than": [None] * len(chosen),
        }
        flags = chosen["flags"].to_pylist()
        for place in np.flatnonzero(np.isin(rows, self.joined["row"])).tolist():
            verdict = self.joined[np.searchsorted(self.joined["row"], rows[place])]
            for name, column in columns.items():
                if verdict[name].any():
                    column[place] = _hex(verdict[name])
            marks = {OTHER_STORY: verdict["other_story"], PARTLY: verdict["partly"]}
            flags[place] = [*flags[place], *(flag for flag, holds in marks.items() if holds)]
        return columns | {"flags": flags}

    def duplicates(self, counts: WrittenCounts) -> Iterator[pa.Table]:
        if not len(self.copies):
            return
        for rows, staged, repeated in self._staged("articles"):
            chosen = ~repeated & np.isin(rows, self.copies["row"])
            verdicts = self.copies[np.searchsorted(self.copies["row"], rows[chosen])]
            late = verdict_columns(verdicts, self.run_ids)
            counts.duplicates_by_match.update(map(str, late["match"]))
            copies = staged.filter(pa.array(chosen))
            again = verdicts["same_page"]
            names = [_hex(value) for value in verdicts["representative_id"][again]]
            self.seen_again.append(sighted(copies.filter(pa.array(again)), names))
            yield finished_table("duplicates", copies, late | self._run_columns(len(copies)))

    def rejects(self, counts: WrittenCounts) -> Iterator[pa.Table]:
        for _, staged, repeated in self._staged("rejects"):
            counts.unchanged.update(_sources(staged, repeated))
            chosen = staged.filter(pa.array(~repeated))
            counts.rejects_by_reason.update(chosen["reason"].to_pylist())
            counts.errors += chosen["kind"].to_pylist().count("error")
            yield finished_table("rejects", chosen, self._run_columns(len(chosen)))

    def _staged(
        self, table: Table
    ) -> Iterator[tuple[NDArray[np.int64], pa.Table, NDArray[np.bool_]]]:
        """Yield batches of staged records: their rows, themselves, which occur earlier."""
        start = 0
        with pa.OSFile(str(local(self.staging.block_file(self.index, f"{table}.arrow")))) as file:
            reader = pa.ipc.open_file(file)
            for number in range(reader.num_record_batches):
                staged = pa.Table.from_batches([reader.get_batch(number)])
                repeated = np.isin(staged["ordinal"].to_numpy(), self.repeated)
                yield np.arange(start, start + len(staged)), staged, repeated
                start += len(staged)

    def _run_columns(self, rows: int) -> dict[str, list[object]]:
        return {"run_id": [self.run.run_id] * rows, "logical_date": [self.run.logical_date] * rows}


def _sources(staged: pa.Table, chosen: NDArray[np.bool_]) -> Counter[str]:
    return Counter(staged["source"].filter(pa.array(chosen)).to_pylist())


def _hex(value: NDArray[np.uint8]) -> str:
    return value.tobytes().hex()


def verdict_columns(
    verdicts: NDArray[np.void], run_ids: Mapping[int, str]
) -> dict[str, list[object]]:
    """Return the columns of duplicates that verdicts determine; *run_ids* name the runs."""
    return {
        "representative_id": [_hex(value) for value in verdicts["representative_id"]],
        "representative_run_id": [run_ids[run] for run in verdicts["representative_run"].tolist()],
        "cluster_id": [_hex(value) for value in verdicts["cluster_id"]],
        "match": [MATCHES[code] for code in verdicts["match"]],
        "similarity": verdicts["similarity"].tolist(),
        "containment": verdicts["containment"].tolist(),
        "evidence": [_evidence(verdict) for verdict in verdicts],
    }


def _evidence(verdict: np.void) -> list[dict[str, object]]:
    """Return the column ``evidence``, without unknown parts; exact copies have no parts."""
    names = ("shared", "shingles", "representative_shingles", *PARTS, "probability")
    counts = (verdict[name] for name in names[:3])
    values = map(float, (*counts, *verdict["parts"], verdict["probability"]))
    found = zip(names, values, strict=True)
    return [{"part": part, "value": value} for part, value in found if not np.isnan(value)]
