"""A comparison as lines for people, and as an object for scripts."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from pipeline.dedup.model import INPUTS
from pipeline.explain.compare.sentences import sentences
from pipeline.text.tokens import words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipeline.config import DedupConfig
    from pipeline.explain.compare.comparison import Comparison, Seen
    from pipeline.explain.compare.sides import Side

FIGURES_SHOWN = 12
_WIDTH = max(len(name) for name in INPUTS)


def comparison_json(a: Side, b: Side, found: Comparison, config: DedupConfig) -> str:
    """Write everything that was found as one JSON object."""
    content = asdict(found)
    for name, side in (("a", a), ("b", b)):
        content[name] = _named(side) | content[name]
    content["explanation"] = sentences(a, b, found, config)
    return json.dumps(content, ensure_ascii=False, indent=1)


def _named(side: Side) -> dict[str, object]:
    return {
        "source": side.source,
        "id": side.id,
        "url": side.url,
        "title": side.title,
        "authors": side.authors,
        "date_published": side.date_published and side.date_published.isoformat(),
        "run_id": side.row and side.row.values["run_id"],
        "table": side.row and side.row.table,
        "remark": side.remark,
    }


def comparison_lines(a: Side, b: Side, found: Comparison, config: DedupConfig) -> Iterator[str]:
    """Tell everything that was found, for people."""
    yield from _side("A", a, found.a)
    yield from _side("B", b, found.b)
    yield ""
    yield from _in_common(a, b, found)
    yield ""
    yield from _reach(found)
    yield ""
    yield from _evidence(found)
    yield ""
    yield from sentences(a, b, found, config)


def _side(name: str, side: Side, seen: Seen) -> Iterator[str]:
    where = f" ({side.row.table}, run {side.row.values['run_id']})" if side.row else ""
    yield f"{name}  {side.source}{where}"
    yield f"   {side.title or 'no title'}"
    published = side.date_published.isoformat() if side.date_published else "no date"
    authors = ", ".join(side.authors) or "no author"
    yield f"   {published} · {authors} · {side.url or 'no url'}"
    yield (
        f"   {seen.words:,} words · {seen.shingles:,} shingles, of which {seen.samples:,} are "
        f"sampled, {seen.rare:,} of them rare"
    )
    if side.remark:
        yield f"   {side.remark}"


def _in_common(a: Side, b: Side, found: Comparison) -> Iterator[str]:
    shared = found.shared
    estimated = "none: too short" if shared.estimated is None else f"{shared.estimated:.3f}"
    yield f"similarity    exact {shared.exact:.3f} · estimated {estimated}"
    yield f"containment   of A in B {shared.a_in_b:.3f} · of B in A {shared.b_in_a:.3f}"
    counted = f"counted in {found.rarity_texts:,} texts of the output folder"
    rarity = counted if found.rarity_texts else "no --output: everything counts as rare"
    yield (
        f"shingles      {shared.shingles:,} in both · {shared.rare:,} rare ones sampled in both "
        f"({rarity})"
    )
    yield f"figures       {shared.figures:,} in both"
    yield f"  only in A   {_few(shared.figures_a)}"
    yield f"  only in B   {_few(shared.figures_b)}"
    yield f"lead          {_lead(found)}"
    yield f"title         {_titles(a, b)}"
    hours = found.parts["hours_apart"]
    yield f"time gap      {'unknown' if hours is None else f'{hours:,.1f} hours'}"


def _lead(found: Comparison) -> str:
    lead, longer = found.parts["lead"], found.parts["longer_lead"]
    return f"the other has {lead:.0%} of the shorter's and {longer:.0%} of the longer's"


def _titles(a: Side, b: Side) -> str:
    one, other = words(a.title or ""), words(b.title or "")
    if not one or not other:
        return "unknown"
    if one == other:
        return "the same"
    return f"{len({*one} & {*other})} of {len({*one} | {*other})} words are the same"


def _few(figures: Sequence[str]) -> str:
    more = len(figures) - FIGURES_SHOWN
    listed = " · ".join(figures[:FIGURES_SHOWN]) or "none"
    return f"{listed} … and {more} more" if more > 0 else listed


def _reach(found: Comparison) -> Iterator[str]:
    reached = found.reached
    yield (
        f"bands         {reached.bands_shared} of {reached.bands} shared; at this similarity "
        f"{reached.chance:.2%} of pairs share one"
    )
    by = ", ".join(reached.by)
    yield f"compared      {f'yes, by {by}' if by else 'not for their own sake'}"


def _evidence(found: Comparison) -> Iterator[str]:
    decision = found.decision
    if decision.probability is None or decision.match == "exact":
        yield "evidence      not weighed"
        return
    yield f"evidence      {'':<{_WIDTH}}   value   weight   log-odds"
    for each in found.contributions:
        yield (
            f"              {each.name:<{_WIDTH}} {each.value:>7.3f} {each.weight:>+8.3f} "
            f"{each.contribution:>+10.3f}"
        )
    yield f"              {'bias':<{_WIDTH}} {'':>7} {'':>8} {found.bias:>+10.3f}"
    total = found.bias + sum(each.contribution for each in found.contributions)
    yield f"              {'together':<{_WIDTH}} {'':>7} {'':>8} {total:>+10.3f}"
    yield (
        f"decision      {'copy' if decision.copy else 'not a copy'}: probability "
        f"{decision.probability:.4f}, dedup.confidence {decision.confidence}"
    )
