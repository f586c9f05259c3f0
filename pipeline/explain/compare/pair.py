"""Two documents as deduplication sees them: the pair is worked out, and decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pipeline.dedup.evidence import PARTS, Sketch, compare, minute_of
from pipeline.dedup.model import BIAS, probabilities
from pipeline.dedup.order import deciding_rule, order_key
from pipeline.dedup.pairs import is_near, match_of, similarity
from pipeline.dedup.rarity import LEAST_SHARE, LEAST_SHARED
from pipeline.dedup.samples import figures, keys_of, printed_figures, shingle_and_sample
from pipeline.dedup.signatures import band_keys, collision_probability, sign_block
from pipeline.dedup.steps.write_members import text_digest
from pipeline.explain.compare.comparison import Comparison, Decision, Reached, Seen, Shared
from pipeline.explain.compare.rarity import EVERYTHING_RARE, common_keys
from pipeline.explain.compare.tipping import contributions, tips
from pipeline.text.tokens import word_count

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.config import DedupConfig
    from pipeline.dedup.pairs import Similarity
    from pipeline.explain.compare.sides import Side
    from pipeline.explain.lookup import Rows


class _Pair(NamedTuple):
    """Both sides, worked out: sets of shingles, sketches, band keys, order keys."""

    sets: tuple[NDArray[np.uint64], NDArray[np.uint64]]
    sketches: tuple[Sketch, Sketch]
    signatures: NDArray[np.uint32]
    orders: tuple[bytes, bytes]
    similar: Similarity
    rarity_texts: int


def compare_sides(a: Side, b: Side, config: DedupConfig, rows: Rows | None = None) -> Comparison:
    """Compare two documents the way a run does.

    Args:
        a, b: the documents.
        config: as of a run.
        rows: runs whose texts tell common shingles from rare ones; without, all are rare.
    """
    pair = _work_out(a, b, config, rows)
    kept, rule = _first(a, b, pair.orders)
    sketches = pair.sketches if kept == "a" else pair.sketches[::-1]
    parts = compare(sketches[0], [sketches[1]])[0]
    return Comparison(
        a=_seen(a, pair, 0),
        b=_seen(b, pair, 1),
        rarity_texts=pair.rarity_texts,
        shared=_shared(a, b, pair),
        reached=_reached(a.text == b.text, pair, config),
        parts={
            name: None if np.isnan(value) else value
            for name, value in zip(PARTS, parts.tolist(), strict=True)
        },
        bias=BIAS,
        contributions=tuple(contributions(parts)),
        decision=_decide(a.text == b.text, pair, parts, (kept, rule), config),
    )


def _work_out(a: Side, b: Side, config: DedupConfig, rows: Rows | None) -> _Pair:
    sides, texts = (a, b), (a.text, b.text)
    shingles, samples = shingle_and_sample(texts, config.shingle_words)
    values = [samples.values[samples.offsets[i] : samples.offsets[i + 1]] for i in (0, 1)]
    keys = [keys_of(each) for each in values]
    common = EVERYTHING_RARE
    if rows:
        outside = [each for each, side in zip(keys, sides, strict=True) if side.row is None]
        common = common_keys(rows, np.union1d(*keys), outside, config)
    sketches = [
        Sketch(
            samples=values[i],
            rare=~np.isin(keys[i], common.keys),
            figures=figures(texts[i]),
            positions=int(samples.positions[i]),
            minute=minute_of(sides[i].date_published),
        )
        for i in (0, 1)
    ]
    return _Pair(
        sets=(shingles.of(0), shingles.of(1)),
        sketches=(sketches[0], sketches[1]),
        signatures=sign_block(shingles, config.permutations, config.seed),
        orders=(_order(a), _order(b)),
        similar=similarity(shingles.of(0), shingles.of(1)),
        rarity_texts=common.texts,
    )


def _order(side: Side) -> bytes:
    return order_key(
        id=side.id,
        text_digest=text_digest(side.text),
        char_count=len(side.text),
        url=side.url,
        title=side.title,
        authors=side.authors,
        date_published=side.date_published,
    )


def _first(a: Side, b: Side, orders: tuple[bytes, bytes]) -> tuple[str, str]:
    """Say which comes first in the order of representatives, and by which rule."""
    for name, side, other in (("a", a, b), ("b", b, a)):
        kept = side.row and side.row.table == "articles" and side.row.sequence
        if kept and (other.row is None or other.row.sequence > kept):
            return name, "published"
    return ("a" if orders[0] <= orders[1] else "b"), deciding_rule(*orders)


def _seen(side: Side, pair: _Pair, which: int) -> Seen:
    sketch = pair.sketches[which]
    return Seen(
        words=word_count(side.text),
        shingles=len(pair.sets[which]),
        samples=len(sketch.samples),
        rare=int(sketch.rare.sum()),
    )


def _shared(a: Side, b: Side, pair: _Pair) -> Shared:
    sizes = [len(each) for each in pair.sets]
    shared = pair.similar.shared
    one, other = printed_figures(a.text), printed_figures(b.text)
    return Shared(
        estimated=float(np.mean(pair.signatures[0] == pair.signatures[1])) if all(sizes) else None,
        exact=pair.similar.jaccard,
        a_in_b=shared / sizes[0] if sizes[0] else 0.0,
        b_in_a=shared / sizes[1] if sizes[1] else 0.0,
        shingles=shared,
        rare=_rare_shared(pair),
        figures=len(one & other),
        figures_a=tuple(sorted(one - other)),
        figures_b=tuple(sorted(other - one)),
    )


def _rare_shared(pair: _Pair) -> int:
    one, other = (keys_of(sketch.samples)[sketch.rare] for sketch in pair.sketches)
    return len(np.intersect1d(one, other))


def _reached(equal: bool, pair: _Pair, config: DedupConfig) -> Reached:
    signed = all(len(each) >= config.min_shingles for each in pair.sets)
    keys = band_keys(pair.signatures, config.bands)
    shared = int((keys[:, 0] == keys[:, 1]).sum()) if signed else 0
    rare, smallest = _rare_shared(pair), min(len(each.samples) for each in pair.sketches)
    by = {
        "equal texts": equal,
        "bands": shared > 0 and match_of(pair.similar, config) is not None,
        "rare shingles": signed and rare >= max(LEAST_SHARED, LEAST_SHARE * smallest),
    }
    return Reached(
        bands_shared=shared,
        bands=config.bands,
        chance=collision_probability(pair.similar.jaccard, config.permutations, config.bands),
        by=tuple(name for name, holds in by.items() if holds),
    )


def _decide(
    equal: bool,
    pair: _Pair,
    parts: NDArray[np.float64],
    order: tuple[str, str],
    config: DedupConfig,
) -> Decision:
    short = min(len(each) for each in pair.sets) < config.min_shingles
    asked = not equal and not short
    chance = float(probabilities(parts[np.newaxis])[0]) if asked else None
    copy = equal or (chance is not None and chance >= config.confidence)
    match = None
    if copy:
        match = "exact" if equal else "near" if is_near(pair.similar, config) else "contained"
    shorter = min(pair.sketches, key=lambda sketch: sketch.positions)
    return Decision(
        copy=copy,
        match=match,
        probability=1.0 if equal else chance,
        confidence=config.confidence,
        kept=order[0],
        rule=order[1],
        too_short=short,
        tips=tuple(tips(parts, shorter, copy=copy)) if asked else (),
    )
