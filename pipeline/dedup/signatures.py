"""MinHash signatures of whole blocks, bit-identical to datasketch's, and their bands.

Two texts of Jaccard similarity s agree in each value of their signatures with probability s. A
signature is split into bands; texts that agree in a whole band become candidates.

To load a signature made with seed 1 into datasketch:

>>> from datasketch import MinHash
>>> from pipeline.dedup.shingles import shingle_and_sample
>>> shingles, _ = shingle_and_sample(["a text of a few more words"], 5)
>>> signature = sign_block(shingles, 128, seed=1)[0]
>>> loaded = MinHash(seed=1, hashvalues=signature, scheme="affine32")
>>> loaded.jaccard(loaded)
1.0
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from datasketch import MinHash
from numpy.typing import NDArray

from pipeline.arrays import Ragged
from pipeline.text.tokens import mix

EMPTY = np.uint32(0xFFFFFFFF)
"""Every value of the signature of a text without shingles, as in datasketch."""
_SCRATCH_VALUES = 1 << 17  # permuted values at once: 512 KiB, which a core's cache holds
_PERMUTED_AT_ONCE = 4  # few, so that the rows are long and numpy's cost a call does not count


def sign_block(shingles: Ragged, permutations: int, seed: int) -> NDArray[np.uint32]:
    """Sign each text of a block: uint32[n, permutations].

    Row i is bit-identical to ``datasketch.MinHash(permutations, seed, scheme="affine32",
    hashfunc=identity)`` updated with the low 32 bits of each shingle of text i. Texts without
    shingles get ``EMPTY`` everywhere and are all equal: do not compare their bands.
    """
    factors, terms = _permutations(permutations, seed)
    signatures = np.full((len(shingles), permutations), EMPTY, np.uint32)
    filled = np.flatnonzero(shingles.counts)
    starts = shingles.offsets[filled]
    hashes = _premix(shingles.values.astype(np.uint32))
    first = 0
    while first < len(starts):
        # As many texts at a time as begin within the scratch; the last may be longer.
        limit = starts[first] + _SCRATCH_VALUES // _PERMUTED_AT_ONCE
        texts = slice(first, first := int(np.searchsorted(starts, limit)))
        low, high = starts[texts.start], shingles.offsets[filled[texts.stop - 1] + 1]
        least = _least(hashes[low:high], starts[texts] - low, factors, terms)
        signatures[filled[texts]] = least.T
    return signatures


def band_keys(signatures: NDArray[np.uint32], bands: int) -> NDArray[np.uint32]:
    """Hash each band of *signatures*, uint32[n, permutations], into one key: uint32[bands, n].

    The number of the band is part of the key, so that keys of all bands may share one table.
    Two different bands have the same key with probability 2**-32, which is one more candidate.
    Raises ValueError if bands does not divide permutations.
    """
    count, permutations = signatures.shape
    if bands < 1 or permutations % bands:
        raise ValueError(f"bands = {bands} does not divide {permutations} permutations")
    rows = np.ascontiguousarray(signatures.T).reshape(bands, permutations // bands, count)
    keys = np.repeat(np.arange(1, bands + 1, dtype=np.uint64), count).reshape(bands, count)
    for row in range(rows.shape[1]):
        keys = mix(keys ^ rows[:, row])
    return (keys >> np.uint64(32)).astype(np.uint32)


def collision_probability(similarity: float, permutations: int, bands: int) -> float:
    """Return the probability that two texts of that Jaccard similarity share a band.

    With b bands of r rows it is 1 - (1 - s**r)**b. Source: Leskovec, Rajaraman, Ullman,
    "Mining of Massive Datasets", section 3.4.

    >>> round(collision_probability(0.5, permutations=128, bands=32), 3)
    0.873
    """
    return float(1 - (1 - similarity ** (permutations // bands)) ** bands)


@lru_cache(maxsize=8)
def _permutations(count: int, seed: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    factors, terms = MinHash(num_perm=count, seed=seed, scheme="affine32").permutations
    return np.asarray(factors, np.uint32), np.asarray(terms, np.uint32)


def _premix(hashes: NDArray[np.uint32]) -> NDArray[np.uint32]:
    # datasketch's affine32 sends each hash through MurmurHash3's 32-bit finaliser first.
    hashes ^= hashes >> np.uint32(16)
    hashes *= np.uint32(0x85EBCA6B)
    hashes ^= hashes >> np.uint32(13)
    hashes *= np.uint32(0xC2B2AE35)
    hashes ^= hashes >> np.uint32(16)
    return hashes


def _least(
    hashes: NDArray[np.uint32],
    starts: NDArray[np.int64],
    factors: NDArray[np.uint32],
    terms: NDArray[np.uint32],
) -> NDArray[np.uint32]:
    """Permute *hashes* and return the minimum of each text: uint32[permutations, texts]."""
    least = np.empty((len(factors), len(starts)), np.uint32)
    scratch = np.empty((_PERMUTED_AT_ONCE, len(hashes)), np.uint32)
    for first in range(0, len(factors), _PERMUTED_AT_ONCE):
        some = slice(first, first + _PERMUTED_AT_ONCE)
        permuted = scratch[: len(factors[some])]
        np.multiply(factors[some, np.newaxis], hashes, out=permuted)
        permuted += terms[some, np.newaxis]
        np.minimum.reduceat(permuted, starts, axis=1, out=least[some])
    return least
