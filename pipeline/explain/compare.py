"""Two documents as deduplication sees them: what they share, the decision, and its main reasons.

A model input of 0 is not neutral, so the evidence is measured relative to a reference pair: two
texts with nothing in common if the pair is a copy, else the shorter text paired with itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.config import Config, DedupConfig
from pipeline.dedup.evidence import PARTS, Sketch, compare, minute_of
from pipeline.dedup.model import BIAS, MOST_HOURS, WEIGHTS, inputs, least_of_half, probabilities
from pipeline.dedup.order import deciding_rule, order_key
from pipeline.dedup.pairs import Similarity, is_near, match_of, similarity
from pipeline.dedup.particulars import particulars_block, printed_figures, printed_names
from pipeline.dedup.rarity import LEAST_SHARE, LEAST_SHARED, common_keys
from pipeline.dedup.shingles import keys_of, shingle_and_sample
from pipeline.dedup.signatures import band_keys, collision_probability, sign_block
from pipeline.dedup.steps.members import DAY_MINUTES
from pipeline.errors import UsageError
from pipeline.explain.lookup import Rows, plain
from pipeline.explain.text import as_text
from pipeline.ledger.inputs import find_inputs
from pipeline.passes.isolation import process_records
from pipeline.read import read_part
from pipeline.read.parts import Part, Unfinished
from pipeline.storage import open_input
from pipeline.text.tokens import word_count, words
from pipeline.text.unicode import digest
from pipeline.write.columns import columns_of

GROUPS = {
    "rare shingles": ("rare_shared",),
    "coverage": ("coverage", "weaker_half"),
    "figures": ("figures", "longer_figures_missing"),
    "names": ("names", "particulars_behind"),
    "leads": ("longer_lead", "leads_behind"),
    "time": ("hours_apart",),
}
"""Groups of model inputs that measure the same thing."""
COMPARED = ("id", "url", "title", "authors", "date_published")
_NAMED = (*COMPARED, "source", "remark", "table", "run_id", "match", "representative_id")
_OF_ONE = {"rare", "figures", "names", "length", "hours_apart"}
_OF_BOTH = tuple(name for name in PARTS if name not in _OF_ONE)
"""Parts that measure what two texts share; the others are about one text, or about dates."""


class _Pair(NamedTuple):
    """Two texts: their sets of shingles, sketches and signatures; sampled rare keys in both."""

    equal: bool
    sets: list[NDArray[np.uint64]]
    sketches: list[Sketch]
    signatures: NDArray[np.uint32]
    similar: Similarity
    rare_shared: int
    counted: int


def load_side(name: str, rows: Rows | None, config: Config) -> dict[str, Any]:
    """Load a document: a file, cleaned like `clean`, or else a row of *rows*.

    Raises UsageError if no document or several have that name, or it has no text.

    Args:
        name: a file with one document; ``<file>#<n>``, record n of a file; or an id, record id,
            url or source in *rows*.

    Returns:
        The document as a row of ``articles`` or ``duplicates``; a row from *rows* also has its
        ``table`` and ``sequence``, a file ``remark``: why a run would not compare it.
    """
    path = Path(name)
    if path.is_dir():
        raise UsageError(f"{name}: a folder; name one document, such as {name.rstrip('/')}/a.txt")
    if path.exists():
        return _side_of_file(path, None, config)
    stem, _, number = name.rpartition("#")
    if number.isdecimal() and stem and Path(stem).is_file():
        return _side_of_file(Path(stem), int(number), config)
    if rows is None:
        raise UsageError(
            f"{name}: no such file; to compare by id, record id or url, "
            "name the folder that holds the runs with --output"
        )
    return _side_of_row(name, rows)


def _side_of_file(path: Path, number: int | None, config: Config) -> dict[str, Any]:
    inputs = find_inputs((str(path),))
    (file,) = inputs.files + inputs.unreadable
    part = Part(file.path, path.name, file.suffix, final=True)
    records = read_part(part, open_input, config.input)
    wanted = (each for each in records if not isinstance(each, Unfinished))
    if number is not None:
        wanted = (each for each in wanted if each.source == f"{path.name}#{number}")
    found = list(islice(wanted, 2))
    if len(found) != 1:
        if not found:
            raise UsageError(f"{path if number is None else f'{path}#{number}'}: no such record")
        first = path.with_name(found[0].source)
        raise UsageError(f"{path}: contains several records; choose one, e.g. {first}")
    article, rejection = next(process_records(found, config))
    why = rejection and ": ".join(filter(None, (rejection.reason, rejection.detail)))
    if article is None:
        raise UsageError(f"{path}: {why}")
    row = {each.name: each.value(article) for each in columns_of("articles") if each.value}
    return row | {"remark": why and f"a run would reject it: {why}"}


def _side_of_row(name: str, rows: Rows) -> dict[str, Any]:
    found = rows.named(name, text=True)
    texts = [row for row in found if row.table != "rejects"]
    if found and not texts:
        raise UsageError(f"{name}: rejected, {found[0].values['reason']}; it has no text")
    if not texts:
        raise UsageError(f"no such file, and {rows.not_found(name)}")
    ids = sorted({row.values["id"] for row in texts})
    if len(ids) > 1:
        listed = f"name one by its id: {', '.join(ids[:5])}"
        raise UsageError(f"{name}: {len(ids)} records of {rows.output}; {listed}")
    return texts[0].values | {"table": texts[0].table, "sequence": texts[0].sequence}


def compare_sides(
    a: dict[str, Any], b: dict[str, Any], config: DedupConfig, rows: Rows | None = None
) -> dict[str, Any]:
    """Compare two documents from ``load_side`` like a run; return an object ready for JSON.

    Common shingles are counted in the texts of *rows*; without *rows*, all are rare.
    """
    pair = _prepare((a, b), config, rows)
    kept, rule = _first(a, b, pair)
    sketches = pair.sketches if kept == "a" else pair.sketches[::-1]
    parts = compare(sketches[0], [sketches[1]])[0]
    named = zip(PARTS, parts.tolist(), strict=True)
    found = {
        "a": _seen(a, pair.sets[0], pair.sketches[0]),
        "b": _seen(b, pair.sets[1], pair.sketches[1]),
        "rarity_texts": pair.counted,
        "shared": _shared([a["text"], b["text"]], pair),
        "reached": _reached(pair, config),
        "parts": {name: None if np.isnan(value) else value for name, value in named},
        "bias": BIAS,
        "contributions": [
            {"name": n, "value": odds / WEIGHTS[n], "weight": WEIGHTS[n], "contribution": odds}
            for n, odds in _odds(parts).items()
        ],
        "decision": _decision(pair, parts, config) | {"kept": kept, "rule": rule},
    }
    return found | {"explanation": sentences(found, config)}


def _prepare(sides: Sequence[dict[str, Any]], config: DedupConfig, rows: Rows | None) -> _Pair:
    texts = [side["text"] for side in sides]
    shingles, samples = shingle_and_sample(texts, config.shingle_words)
    values = np.split(samples.values, samples.offsets[1:-1])
    keys = [keys_of(each) for each in values]
    common, counted = np.empty(0, np.uint32), 0
    if rows:
        stories = rows.stories(("text", "cluster_id"))
        outside = [each for each, side in zip(keys, sides, strict=True) if "table" not in side]
        common, counted = common_keys(stories, np.union1d(*keys), outside, config)
    rare = [~np.isin(each, common) for each in keys]
    minutes = [minute_of(side["date_published"]) for side in sides]
    figures, names = (
        np.split(each.values, each.offsets[1:-1]) for each in particulars_block(texts)
    )
    days = [DAY_MINUTES * (side.get("date_published_precision") == "day") for side in sides]
    places = samples.positions.tolist()
    slots = np.split(samples.slots.values, samples.slots.offsets[1:-1])
    sketches = map(Sketch, values, rare, figures, names, places, minutes, days, slots)
    return _Pair(
        equal=texts[0] == texts[1],
        sets=[shingles.of(0), shingles.of(1)],
        sketches=list(sketches),
        signatures=sign_block(shingles, config.permutations, config.seed),
        similar=similarity(shingles.of(0), shingles.of(1)),
        rare_shared=len(np.intersect1d(keys[0][rare[0]], keys[1][rare[1]])),
        counted=counted,
    )


def _first(a: dict[str, Any], b: dict[str, Any], pair: _Pair) -> tuple[str, str]:
    """Return which one comes first in the order of representatives, and by which rule."""
    for name, side, other in (("a", a, b), ("b", b, a)):
        published = side.get("table") == "articles"
        if published and side["sequence"] < other.get("sequence", np.inf):
            return name, "published"
    keys = []
    for side, shingles, sketch in zip((a, b), pair.sets, pair.sketches, strict=True):
        known, text = {name: side[name] for name in COMPARED}, side["text"]
        known |= {"shingle_count": len(shingles), "positions": sketch.positions}
        keys.append(order_key(text_digest=digest(text), text=text, **known))
    return ("a" if keys[0] <= keys[1] else "b"), deciding_rule(*keys)


def _seen(side: dict[str, Any], shingles: NDArray[np.uint64], sketch: Sketch) -> dict[str, Any]:
    return {name: plain(side.get(name)) for name in _NAMED} | {
        "words": word_count(side["text"]),
        "shingles": len(shingles),
        "samples": len(sketch.samples),
        "rare": int(sketch.rare.sum()),
    }


def _shared(texts: list[str], pair: _Pair) -> dict[str, Any]:
    shared = pair.similar.shared
    agreed = float(np.mean(pair.signatures[0] == pair.signatures[1]))
    found: dict[str, Any] = {
        "estimated": agreed if pair.similar.smaller else None,
        "exact": pair.similar.jaccard,
        "a_in_b": shared / max(1, len(pair.sets[0])),
        "b_in_a": shared / max(1, len(pair.sets[1])),
        "shingles": shared,
        "rare": pair.rare_shared,
    }
    for kind, printed in (("figures", printed_figures), ("names", printed_names)):
        a, b = map(printed, texts)
        found |= {kind: len(a & b), f"{kind}_a": sorted(a - b), f"{kind}_b": sorted(b - a)}
    return found


def _reached(pair: _Pair, config: DedupConfig) -> dict[str, Any]:
    signed = pair.similar.smaller >= config.min_shingles
    keys = band_keys(pair.signatures, config.bands)
    shared = int((keys[:, 0] == keys[:, 1]).sum()) if signed else 0
    least = LEAST_SHARE * min(len(each.samples) for each in pair.sketches)
    by = {
        "equal texts": pair.equal,
        # When rarity is counted, a pair must also be similar enough to count as one story.
        "bands": shared > 0 and match_of(pair.similar, config) is not None,
        "rare shingles": signed and pair.rare_shared >= max(LEAST_SHARED, least),
    }
    return {
        "bands_shared": shared,
        "bands": config.bands,
        "chance": collision_probability(pair.similar.jaccard, config.permutations, config.bands),
        "by": [name for name, holds in by.items() if holds],
    }


def _decision(pair: _Pair, parts: NDArray[np.float64], config: DedupConfig) -> dict[str, Any]:
    short = pair.similar.smaller < config.min_shingles
    chance = None if short else float(probabilities(parts[np.newaxis])[0])
    copy = pair.equal or (chance is not None and chance >= config.confidence)
    similar = "near" if is_near(pair.similar, config) else "contained"
    return {
        "copy": copy,
        "match": ("exact" if pair.equal else similar) if copy else None,
        "probability": 1.0 if pair.equal else chance,
        "confidence": config.confidence,
        "too_short": short,
        "tips": [] if short or pair.equal else _tips(parts, pair.sketches, copy=copy),
    }


def _odds(parts: NDArray[np.float64]) -> dict[str, float]:
    values = inputs(parts[np.newaxis])
    return {name: float(column[0]) * WEIGHTS[name] for name, column in values.items()}


def _tips(
    parts: NDArray[np.float64], sketches: list[Sketch], *, copy: bool
) -> list[dict[str, Any]]:
    """Name the two groups of inputs that are the main evidence for a copy, or against one."""
    shorter = min(sketches, key=lambda sketch: sketch.positions)
    other = compare(shorter, [shorter])[0]
    if copy:
        other[[PARTS.index(name) for name in _OF_BOTH]] = 0
    mine, others = _odds(parts), _odds(other)
    moved = {group: sum(mine[x] - others[x] for x in names) for group, names in GROUPS.items()}
    ranked = sorted(moved, key=moved.__getitem__, reverse=copy)[:2]
    return [{"group": each, "by": moved[each]} for each in ranked if (moved[each] > 0) == copy]


KEPT_BECAUSE = {
    "published": "an earlier run published it",
    "url": "the other has no url",
    "faults": "its text has no tags or entities left, and tells nothing twice",
    "repetition": "its text says the same in fewer characters",
    "metadata": "it has more metadata (title, authors, date)",
    "length": "its text is longer",
    "publication": "it was published earlier",
    "text digest": "a tie, broken by text digest (arbitrary but stable)",
    "id": "the texts are equal: a tie, broken by id (arbitrary but stable)",
}
"""Rule of the order of representatives → why this one is kept."""


def comparison_lines(found: dict[str, Any]) -> list[str]:
    """Format the result of ``compare_sides`` as text."""
    one, other = (words(found[side]["title"] or "") for side in "ab")
    same = f"{len({*one} & {*other})} of {len({*one} | {*other})} words are the same"
    titles = ("the same" if one == other else same) if one and other else "unknown"
    return as_text("compare", found | {"titles": titles, "gap": _gap(found)})


def _gap(found: dict[str, Any]) -> str:
    hours = found["parts"]["hours_apart"]
    return "unknown" if hours is None else f"{hours:,.1f} hours"


def sentences(found: dict[str, Any], config: DedupConfig) -> list[str]:
    """Explain the decision: the main evidence, the consequences, and what runs have recorded."""
    half, whole = found["parts"]["weaker_half"], found["parts"]["contained"]
    facts = {
        "gap": _gap(found),
        "kept_because": KEPT_BECAUSE,
        "long_apart": (found["parts"]["hours_apart"] or 0) > MOST_HOURS,
        "min_shingles": config.min_shingles,
        "one_half": bool(half < least_of_half(np.array(whole))),
    }
    return as_text("explanation", found | facts)
