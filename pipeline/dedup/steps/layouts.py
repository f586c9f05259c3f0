"""The records that one step of deduplication leaves for the next, one dtype each.

members     one record of fixed size per article, so that any one can be read alone
sorted keys every key of a block's articles, with kind and row, one range of keys at a time
keys        the band keys of a block's signed articles, by group of bands
samples     the sampled shingles of a block's signed articles by key, one range of keys at a time
verdicts    one record per duplicate, or per article that belongs to another's cluster
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.dedup.evidence import PARTS
from pipeline.dedup.order import ORDER_BYTES

BAND_GROUP = 8
"""Bands that are joined together: few enough elements, small enough for one worker's memory."""
RANGE_BYTES = 32_000_000_000
"""Bytes of input per range of keys that another engine joins as one element: ten million articles,
0.4 GB of memory."""
DIGESTS = -1
"""The group that joins whole texts, so that short ones find their exact copies too."""
URLS = -2
"""The group that joins addresses, so that versions of one page are compared."""
THIS_RUN = -1
"""The run of an article that no earlier run has published."""
SAMPLE_SHARDS, FINEST_SHARDS = 8, 4096
"""Shards in which sampled shingles are joined on one machine, and at most; powers of two. No worker
needs all of them."""
LOOKUP_BYTES = 2_000_000_000
"""Bytes of input whose keys are looked up as one element: 0.7 million articles."""
BAND, DIGEST, URL, SAMPLE, UNSIGNED_SAMPLE = range(5)
"""Kinds of sorted keys: a band, the head of a text's digest, the name of a page, and a sampled
shingle; those of articles with too few shingles are of a kind of their own."""
_KIND_BITS, _ROW_BITS = 3, 29
ID_BYTES = 16
PIECES = {"shingles": "<u8", "samples": "<u8", "figures": "<u4", "names": "<u4", "slots": "<u8"}
"""Data with a file of its own per block, and its type; member records say where to read."""

VERDICT = np.dtype(
    [
        ("row", "<u4"),
        ("representative_id", "u1", ID_BYTES),
        ("representative_run", "<i8"),
        ("cluster_id", "u1", ID_BYTES),
        ("revision_of", "u1", ID_BYTES),
        ("page_id", "u1", ID_BYTES),
        ("fuller_than", "u1", ID_BYTES),
        ("other_story", "?"),
        ("partly", "?"),
        ("same_page", "?"),
        ("match", "u1"),
        ("shared", "<u4"),
        ("shingles", "<u4"),
        ("representative_shingles", "<u4"),
        ("similarity", "<f8"),
        ("containment", "<f8"),
        ("probability", "<f8"),
        ("parts", "<f8", (len(PARTS),)),
    ]
)
"""What was decided about an article (``decide.Decisions``), and by which evidence.

``row`` is its row in its block; ``representative_run`` is as in ``member_dtype``. ``revision_of``
and ``fuller_than`` are all 0 if there is no such article. ``same_page``: an exact copy is at the
page of its representative, so the page has not changed. ``match`` is an index into
``decide.MATCHES``, or ``decide.KEPT``.
"""


def member_dtype(bands: int) -> np.dtype[np.void]:
    """Return the record of an article in the members file.

    Most fields are named after what they hold. ``order`` is its ``order_key``; ``ordinal`` the
    number of its record in the block; ``run`` the run that published it: ``THIS_RUN``, or a block
    in the high 32 bits and a place in its ``runs.json``. ``cluster_id`` and ``page_id``
    are those it has there, else its own id. ``url``, ``file`` and ``facts`` are digests
    (``Candidates``); ``positions``, ``minute`` and ``minutes`` as in ``evidence.Sketch``;
    ``fetched`` is a minute, or ``evidence.UNKNOWN``. ``keys`` are its band keys, all 0 if it has
    too few shingles to be signed. Start and count of each of the ``PIECES`` say where it is.
    """
    return np.dtype(
        [
            ("id", "u1", ID_BYTES),
            ("text_digest", "u1", ID_BYTES),
            ("order", "u1", ORDER_BYTES),
            ("ordinal", "<u4"),
            ("run", "<i8"),
            ("cluster_id", "u1", ID_BYTES),
            ("page_id", "u1", ID_BYTES),
            ("url", "<u8"),
            ("file", "<u8"),
            ("facts", "<u8"),
            *((f"{kind}_start", "<u8") for kind in PIECES),
            *((f"{kind[:-1]}_count", "<u4") for kind in PIECES),
            ("positions", "<u4"),
            ("minute", "<i8"),
            ("minutes", "<u4"),
            ("fetched", "<i8"),
            ("keys", "<u4", (bands,)),
        ]
    )


def article_number(
    block: int | NDArray[np.uint64], row: int | NDArray[np.integer]
) -> NDArray[np.uint64]:
    """Number articles across blocks: block in the high 32 bits, row in the low ones."""
    return np.asarray(block, np.uint64) << np.uint64(32) | np.asarray(row, np.uint64)


def block_of(articles: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the block of each article."""
    return articles >> np.uint64(32)


def row_of(articles: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the row of each article in its block."""
    return articles & np.uint64(0xFFFFFFFF)


def digest_heads(records: NDArray[np.void]) -> NDArray[np.uint32]:
    """Return the first 32 bits of the text digests of member records."""
    return np.ascontiguousarray(records["text_digest"][:, :4]).view("<u4").reshape(-1)


def _portions(total: int, size: int) -> int:
    """Return the power of two of portions into which *total* is split if each has about *size*."""
    return 1 << (max(0, total - 1) // size).bit_length()


def key_ranges(input_bytes: int) -> int:
    """Return in how many ranges the keys of a band are joined: a power of two.

    With 1, all keys of ``BAND_GROUP`` bands are joined as one element.

    >>> key_ranges(4_000_000_000), key_ranges(310_000_000_000)
    (1, 16)
    """
    return _portions(input_bytes, RANGE_BYTES)


def sample_shards(ranges: int) -> int:
    """Return in how many shards samples are joined, given the number of ``key_ranges``."""
    return min(SAMPLE_SHARDS * ranges, FINEST_SHARDS)


def lookup_shards(input_bytes: int) -> int:
    """Return in how many ranges keys are looked up in earlier runs: a power of two.

    >>> lookup_shards(4_000_000), lookup_shards(310_000_000_000)
    (1, 256)
    """
    return min(_portions(input_bytes, LOOKUP_BYTES), FINEST_SHARDS)


def packed_key(kind: int, keys: NDArray[np.uint32], rows: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Pack key, kind and row into one number that sorts by them; *rows* are below 2**29."""
    packed = keys.astype(np.uint64) << np.uint64(_KIND_BITS) | np.uint64(kind)
    return packed << np.uint64(_ROW_BITS) | rows.astype(np.uint64)


def unpacked_keys(
    packed: NDArray[np.uint64],
) -> tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint64]]:
    """Unpack the kinds, keys and rows of ``packed_key``: uint64 each."""
    kinds = packed >> np.uint64(_ROW_BITS) & np.uint64((1 << _KIND_BITS) - 1)
    rows = packed & np.uint64((1 << _ROW_BITS) - 1)
    return kinds, packed >> np.uint64(32), rows


class BlockKeys(NamedTuple):
    """What articles of a block are joined on.

    Attributes:
        block: index of the block.
        rows: uint32[n], the rows that the keys belong to.
        keys: uint32[k, n], one key per row for each of k bands.
    """

    block: int
    rows: NDArray[np.uint32]
    keys: NDArray[np.uint32]


class BlockSamples(NamedTuple):
    """The sampled shingles of a block's articles that belong to one shard.

    Attributes:
        block: index of the block.
        keys: uint32[n], ascending.
        rows: uint32[n], the row of the article of each.
    """

    block: int
    keys: NDArray[np.uint32]
    rows: NDArray[np.uint32]


def is_of_urls(group: int) -> bool:
    """Tell whether a group of ``key_groups`` joins addresses."""
    return group < 0 and group % 2 == URLS % 2


def key_groups(
    block: int, records: NDArray[np.void], min_shingles: int, ranges: int = 1
) -> Iterator[tuple[int, BlockKeys]]:
    """Split what a block is joined on into groups that are joined one at a time.

    Groups in which the block has no article are left out. Articles with fewer than *min_shingles*
    are only joined on whole texts. With 2 *ranges* or more (a power of two), a group is one range
    of the keys of one band. The forests of groups may be merged in any order, so the tables are the
    same for any number of ranges.
    """
    located = np.flatnonzero(records["url"]).astype(np.uint32)
    urls = records["url"][located].astype(np.uint32).reshape(1, -1)
    yield from _in_ranges(URLS, -2, BlockKeys(block, located, urls), ranges)
    every = np.arange(len(records), dtype=np.uint32)
    heads = digest_heads(records).reshape(1, -1)
    yield from _in_ranges(DIGESTS, -2, BlockKeys(block, every, heads), ranges)
    signed = np.flatnonzero(records["shingle_count"] >= min_shingles).astype(np.uint32)
    keys = records["keys"][signed].T
    width = BAND_GROUP if ranges == 1 else 1
    for group, start in enumerate(range(0, len(keys), width)):
        portion = np.ascontiguousarray(keys[start : start + width])
        yield from _in_ranges(group * ranges, 1, BlockKeys(block, signed, portion), ranges)


def _in_ranges(
    group: int, step: int, portion: BlockKeys, ranges: int
) -> Iterator[tuple[int, BlockKeys]]:
    """Split *portion* by its keys into *group*, *group* + *step* and so on, where it has any."""
    if ranges == 1 and len(portion.rows):
        yield group, portion
        return
    of_key = portion.keys[0] & np.uint32(ranges - 1)
    for number in np.unique(of_key).tolist():
        chosen = of_key == number
        keys = BlockKeys(portion.block, portion.rows[chosen], portion.keys[:, chosen])
        yield group + step * number, keys


class Components(NamedTuple):
    """Connected components, one after the other.

    Attributes:
        articles: uint64, ascending within a component.
        sizes: int64[n], articles of each component.
    """

    articles: NDArray[np.uint64]
    sizes: NDArray[np.int64]


class Bundle(NamedTuple):
    """Articles that are decided together; m of them.

    Attributes:
        articles: uint64[m], ascending.
        clusters: uint64[m], the article that names the provisional cluster of each.
        links: uint64[k, 3], two provisional clusters and the rare samples they share.
    """

    articles: NDArray[np.uint64]
    clusters: NDArray[np.uint64]
    links: NDArray[np.uint64]
