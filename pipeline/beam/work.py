"""What each step of a run does with one element; ``graph`` connects the steps.

Here elements are only unpacked and timed; ``passes`` and ``dedup.steps`` do the work. Beam chooses
the coders by the annotations of the methods, so these are not postponed as in other modules.
"""

import io
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain

import apache_beam as beam
import numpy as np
from apache_beam.metrics import Metrics

from pipeline.config import Config
from pipeline.dedup.steps.bundles import (
    bundle_shards,
    label,
    published_labels,
    resolve,
    weigh_shard,
)
from pipeline.dedup.steps.earlier.lookup import choose, find_earlier, finish, look_up, stage
from pipeline.dedup.steps.edges import find_edges, find_repeats, id_shards, shard_components
from pipeline.dedup.steps.layouts import BlockKeys, Bundle, Components, block_of, sample_shards
from pipeline.dedup.steps.members import read_ids, read_keys, read_samples
from pipeline.guard import cpu_seconds
from pipeline.passes.clean_block import clean_block
from pipeline.passes.site_lines import count_lines, find_repeated, gather_repeated
from pipeline.passes.write_block import write_block
from pipeline.read.parts import Block
from pipeline.staging import RunName, Staging, counter_of
from pipeline.write.columns import TABLES

NAMESPACE = "newsieve"
CLOSED = ("rejects_by_reason", "duplicates_by_match")
"""Tables of the account that become metrics: only those with a closed list of names, because
engines keep every counter that they ever saw."""

OfBlock = tuple[int, np.ndarray]
"""The index of a block, and an array about it."""
Keyed = tuple[int, tuple[int, np.ndarray, np.ndarray]]
"""What the element is grouped by; the index of a block, and two arrays about it."""


class ArrayCoder(beam.coders.Coder):
    """Arrays of any type and shape in numpy's own format, without pickle."""

    def encode(self, value: np.ndarray) -> bytes:
        stream = io.BytesIO()
        np.save(stream, value, allow_pickle=False)
        return stream.getvalue()

    def decode(self, encoded: bytes) -> np.ndarray:
        decoded: np.ndarray = np.load(io.BytesIO(encoded), allow_pickle=False)
        return decoded

    def is_deterministic(self) -> bool:
        return True


beam.coders.registry.register_coder(np.ndarray, ArrayCoder)


@dataclass(frozen=True)
class Work:
    """The steps of a run as methods, which are sent to the workers together with this object.

    For *ranges* see ``dedup.steps.layouts.key_ranges``.
    """

    run: RunName
    config: Config
    staging: Staging
    ranges: int

    @property
    def shards(self) -> int:
        """The number of portions in which samples and lines are joined."""
        return sample_shards(self.ranges)

    @contextmanager
    def _timed(self, stage: str, steps: int = 0) -> Iterator[None]:
        """Add the CPU time of the code block to *stage*, one of ``staging.STAGES``."""
        began = cpu_seconds()
        yield
        counter = counter_of(self.staging.folder)
        if steps:
            counter.add("steps", steps)
        counter.add(stage, round((cpu_seconds() - began) * 1e6))

    # Count lines

    def count_lines(self, block: Block) -> Iterator[tuple[int, tuple[int, Block | None]]]:
        with self._timed("count_lines"):
            count_lines(block, self.config, self.staging)
        for shard in range(self.shards):
            yield shard, (block.index, None if shard else block)

    def find_repeated(
        self, grouped: tuple[int, Iterable[tuple[int, Block | None]]]
    ) -> tuple[int, list[Block]]:
        shard, blocks = grouped[0], list(grouped[1])
        indices = [index for index, _ in blocks]
        with self._timed("count_lines"):
            find_repeated(shard, self.shards, indices, self.config, self.staging)
        return 0, [block for _, block in blocks if block is not None]

    def gather_repeated(self, grouped: tuple[int, Iterable[list[Block]]]) -> Iterator[Block]:
        with self._timed("count_lines"):
            gather_repeated(self.shards, self.staging)
        yield from chain.from_iterable(grouped[1])

    # Clean

    def clean(self, block: Block) -> int:
        with self._timed("clean"):
            return clean_block(block, self.config, self.staging)

    def ids(self, index: int) -> Iterator[Keyed]:
        for shard, ordinals, ids in id_shards(*read_ids(index, self.staging)):
            yield shard, (index, ordinals, ids)

    def keys(self, index: int) -> Iterable[Keyed]:
        with self._timed("deduplicate", steps=1):
            return list(read_keys(index, self.config.dedup, self.staging, self.ranges))

    def samples(self, index: int) -> Iterator[tuple[int, int]]:
        # Samples are staged, not shuffled: half a kilobyte per text is more than everything else.
        for shard in range(self.shards):
            yield shard, index

    # Find articles of earlier runs

    def find_earlier(self, grouped: tuple[int, Iterable[int]]) -> Iterable[int]:
        with self._timed("deduplicate"):
            return find_earlier(list(grouped[1]), self.config.dedup, self.staging)

    def lookups(self, grouped: tuple[int, Iterable[int]]) -> Iterator[tuple[int, list[int]]]:
        blocks = list(grouped[1])
        for shard in range(self.staging.window().shards):
            yield shard, blocks

    def look_up(self, shard: tuple[int, list[int]]) -> tuple[int, int]:
        number, blocks = shard
        with self._timed("deduplicate"):
            look_up(number, blocks, self.config.dedup, self.staging)
        return max(blocks) + 1, number

    def choose(self, part: tuple[int, int]) -> Iterable[OfBlock]:
        with self._timed("deduplicate"):
            return list(choose(*part, self.staging))

    def stage(self, chosen: OfBlock) -> tuple[int, int]:
        with self._timed("deduplicate"):
            return 0, stage(*chosen, self.config.dedup, self.staging)

    def finish(self, grouped: tuple[int, Iterable[int]]) -> Iterable[int]:
        with self._timed("deduplicate"):
            return finish(grouped[1], self.config.dedup, self.staging)

    # Deduplicate

    def find_repeats(
        self, grouped: tuple[int, Iterable[tuple[int, np.ndarray, np.ndarray]]]
    ) -> Iterator[OfBlock]:
        return find_repeats(grouped[1])

    def find_edges(
        self, grouped: tuple[int, Iterable[tuple[int, np.ndarray, np.ndarray]]]
    ) -> OfBlock:
        with self._timed("deduplicate"):
            return 0, find_edges(BlockKeys(*portion) for portion in grouped[1])

    def shard_components(
        self, gathered: tuple[int, Iterable[np.ndarray]]
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        return shard_components(gathered[1])

    def label(self, shard: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        with self._timed("deduplicate", steps=1):
            return label(Components(*shard), self.config.dedup, self.staging)

    def published(self, earlier: int) -> np.ndarray:
        labels = published_labels(self.staging)
        own: np.ndarray = labels[block_of(labels[:, 0]) == earlier]
        return own

    def weigh(self, grouped: tuple[int, Iterable[int]], labels: Iterable[np.ndarray]) -> OfBlock:
        shard, shards = grouped[0], self.shards
        samples = (read_samples(block, shard, shards, self.staging) for block in grouped[1])
        with self._timed("deduplicate", steps=1):
            return 0, weigh_shard(shard, shards, samples, labels, self.staging)

    def shard_bundles(
        self,
        grouped: tuple[int, Iterable[np.ndarray]],
        labels: Iterable[np.ndarray],
        versions: Iterable[np.ndarray],
    ) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        return bundle_shards(labels, grouped[1], versions)

    def resolve(
        self, bundle: tuple[np.ndarray, np.ndarray, np.ndarray], repeats: Iterable[OfBlock]
    ) -> Iterable[OfBlock]:
        with self._timed("deduplicate", steps=1):
            return list(resolve(Bundle(*bundle), repeats, self.config.dedup, self.staging))

    # Write

    def write(self, grouped: tuple[int, Mapping[str, Iterable[np.ndarray]]]) -> None:
        index, found = grouped
        verdicts, repeats = found["verdicts"], found["repeats"]
        with self._timed("write"):
            write_block(index, verdicts, repeats, self.run, self.config, self.staging)
        count_block(index, self.staging)


def count_block(index: int, staging: Staging) -> None:
    """Add the counts of a written block to Beam's counters.

    They have the names of ``Account``; those of its tables are ``table.name``.
    """
    (cleaned,) = staging.cleaned(range(index, index + 1))
    (written,) = staging.written(range(index, index + 1))
    counts: dict[str, int] = {name: getattr(written, name) for name in TABLES}
    for name in ("read", "unfinished", "unchanged"):
        counts[name] = sum(getattr(part, name) for part in cleaned.parts)
    counts["unchanged"] += sum(written.unchanged.values())
    for table in CLOSED:
        counts |= {f"{table}.{name}": value for name, value in getattr(written, table).items()}
    for name, value in counts.items():
        Metrics.counter(NAMESPACE, name).inc(value)
