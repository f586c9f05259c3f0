"""The keys of all new articles, in the form in which they are looked up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from pipeline.passes.earlier.keys import DIGEST, URL, packed_keys, unpacked
from pipeline.passes.members.keys import read_records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pipeline.config import DedupConfig
    from pipeline.passes.staging import Staging

_LEAST_FILTER, _MOST_FILTER = 1 << 20, 1 << 28
_FILTER_PER_KEY = 64


@dataclass(frozen=True, eq=False)
class Wanted:
    """Keys to look up; k of them.

    Attributes:
        keys: uint64[k], kind and key in one number, ascending.
        starts: int64[k + 1]; key i is had by ``owners[starts[i]:starts[i + 1]]``.
        owners: int64, new articles by number in the run.
        filter: bool[2**b]; what is not marked at a key's low bits is not wanted.
    """

    keys: NDArray[np.uint64]
    starts: NDArray[np.int64]
    owners: NDArray[np.int64]
    filter: NDArray[np.bool_]

    def maybe(self, keys: NDArray[np.uint32]) -> NDArray[np.bool_]:
        """Say of each key whether it may be wanted; of 64 that are not, 63 are told."""
        return np.take(self.filter, keys & np.uint32(len(self.filter) - 1))

    @cached_property
    def uncrowded(self) -> NDArray[np.bool_]:
        """Which keys are looked up however many have them: equal texts, equal addresses."""
        kinds = self.keys >> np.uint64(32)
        return np.isin(kinds, (DIGEST, URL))


def wanted_keys(blocks: Sequence[int], config: DedupConfig, staging: Staging) -> Wanted:
    """Gather the keys of the articles of *blocks*, numbered in the order given."""
    portions, first = [np.empty(0, np.uint64)], 0
    for block in blocks:
        count = len(read_records(block, config, staging))
        numbers = np.arange(first, first + count)
        portions.append(packed_keys(block, numbers, config, staging))
        first += count
    all_keys, owners = unpacked(np.sort(np.concatenate(portions)))
    keys, starts = np.unique(all_keys, return_index=True)
    size = 1 << (len(keys) * _FILTER_PER_KEY).bit_length()
    marked = np.zeros(min(max(size, _LEAST_FILTER), _MOST_FILTER), np.bool_)
    marked[keys & np.uint64(len(marked) - 1)] = True
    return Wanted(keys, np.append(starts, len(all_keys)), owners, marked)
