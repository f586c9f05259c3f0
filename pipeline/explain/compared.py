"""The human-readable comparison: what was found, line by line, and a summary in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeline.config import DedupConfig
from pipeline.dedup.model import MIN_WEAKER_HALF
from pipeline.text.terminal import shown_in
from pipeline.text.tokens import words

FIGURES_SHOWN = 12
NOT_COMPARED = "not directly (no shared band, too few rare shingles in common)"
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
"""Rule of the order → what it says about the one that is kept."""

_SIDE = """\
{name}  {source}{where}
   {title}
   {date_published} · {by} · {url}
   {words:,} words · {shingles:,} shingles: {samples:,} are sampled, {rare:,} of them rare"""
_PAIR = """
similarity    exact {exact:.3f} · estimated {estimated}
containment   of A in B {a_in_b:.3f} · of B in A {b_in_a:.3f}
shingles      {shingles:,} in both · {rare:,} rare ones sampled in both ({rarity})
figures       {figures:,} in both
  only in A   {figures_a}
  only in B   {figures_b}
names         {names:,} in both
  only in A   {names_a}
  only in B   {names_b}
lead          the other has {lead:.0%} of the shorter's and {longer_lead:.0%} of the longer's
title         {titles}
time gap      {gap}

bands         {bands_shared} of {bands} shared; at this similarity {chance:.2%} of pairs share one
compared      {compared}
"""
_TIPS = {
    "rare shingles": "the longer has {rare_shared:.0f} of the shorter's {rare:.0f} rare shingles",
    "coverage": "the longer covers {coverage:.0%} of the shorter's ten segments, "
    "and {weaker_half:.0%} of its less covered half",
    "figures": "the longer has {figures_shared:.0f} of the shorter's {figures:.0f} figures",
    "names": "the longer has {names_shared:.0f} of the shorter's {names:.0f} names",
    "leads": "{lead:.0%} of the shorter's lead and {longer_lead:.0%} of the longer's are in both",
    "time": "time between the publications: {gap}",
}


def comparison_lines(found: dict[str, Any]) -> Iterator[str]:
    """Lay out everything that ``compare_sides`` found."""
    found = shown_in(found)
    for name in "ab":
        side = found[name]
        unknown = {each: side[each] or f"no {each}" for each in ("title", "url", "date_published")}
        by = ", ".join(side["authors"]) or "no authors"
        where = f" ({side['table']}, run {side['run_id']})" if side["table"] else ""
        yield _SIDE.format(**side | unknown | {"name": name.upper(), "where": where, "by": by})
        yield from [f"   {side['remark']}"] if side["remark"] else []
    yield _in_common(found)
    yield from _evidence(found)
    yield ""
    yield from found["explanation"]


def _in_common(found: dict[str, Any]) -> str:
    shared, by, texts = found["shared"], ", ".join(found["reached"]["by"]), found["rarity_texts"]
    one, other = (words(found[side]["title"] or "") for side in "ab")
    same = f"{len({*one} & {*other})} of {len({*one} | {*other})} words are the same"
    values = {
        "estimated": "none" if shared["estimated"] is None else f"{shared['estimated']:.3f}",
        "rarity": f"counted in {texts:,} texts" if texts else "no --output: all count as rare",
        **{name: _few(each) for name, each in shared.items() if isinstance(each, list)},
        "titles": ("the same" if one == other else same) if one and other else "unknown",
        "gap": _gap(found),
        "compared": f"yes, by {by}" if by else NOT_COMPARED,
    }
    return _PAIR.format(**found["parts"] | found["reached"] | shared | values)


def _gap(found: dict[str, Any]) -> str:
    hours = found["parts"]["hours_apart"]
    return "unknown" if hours is None else f"{hours:,.1f} hours"


def _few(figures: list[str]) -> str:
    more = [f"… and {len(figures) - FIGURES_SHOWN} more"] if len(figures) > FIGURES_SHOWN else []
    return " · ".join([*figures[:FIGURES_SHOWN], *more]) or "none"


def _evidence(found: dict[str, Any]) -> Iterator[str]:
    decision, weighed = found["decision"], found["contributions"]
    if decision["probability"] is None or decision["match"] == "exact":
        yield "evidence      not weighed"
        return
    yield "evidence                         value   weight   log-odds"
    for each in weighed:
        row = f"{each['value']:>7.3f} {each['weight']:>+8.3f} {each['contribution']:>+10.3f}"
        yield f"              {each['name']:<16} {row}"
    total = found["bias"] + sum(each["contribution"] for each in weighed)
    yield f"              bias {found['bias']:>+39.3f}"
    yield f"              together {total:>+35.3f}"


def sentences(found: dict[str, Any], config: DedupConfig) -> list[str]:
    """Explain the decision: what it is, the main evidence, what follows, what a run recorded."""
    decision = found["decision"]
    said = [_verdict(found, config)]
    if decision["tips"] and decision["probability"] and found["shared"]["shingles"]:
        tips = [f"{_TIPS[tip['group']]} ({tip['by']:+.1f})" for tip in decision["tips"]]
        reasons = "; ".join(tips).format(gap=_gap(found), **found["parts"])
        said.append(f"Main evidence {'for a copy' if decision['copy'] else 'against'}: {reasons}.")
    if decision["copy"] and found["a"]["id"] == found["b"]["id"]:
        said.append("Both are the same record (same id); later runs count it as unchanged.")
    elif decision["copy"]:
        said.append(f"{decision['kept'].upper()} is kept: {KEPT_BECAUSE[decision['rule']]}.")
        if not found["reached"]["by"]:
            said.append("A run compares them only through a third text.")
    for one, other in ("ab", "ba"):
        row, kept = found[one], found[one]["representative_id"]
        if row["table"] == "duplicates":
            whose = other.upper() if kept == found[other]["id"] else f"a third, {kept}"
            how = f"as a copy ({row['match']}) of {whose}"
            said.append(f"Run {row['run_id']} left {one.upper()} out {how}.")
    return said


def _verdict(found: dict[str, Any], config: DedupConfig) -> str:
    decision, chance = found["decision"], found["decision"]["probability"]
    if decision["match"] == "exact":
        return "An exact copy: the cleaned texts are equal."
    if decision["too_short"]:
        least = min(found["a"]["shingles"], found["b"]["shingles"])
        limit = f"fewer than dedup.min_shingles = {config.min_shingles}"
        return f"Not a copy: the texts differ, and one is too short: {least} shingles, {limit}."
    if not found["shared"]["shingles"]:
        return "Not a copy: the texts have no shingle in common."
    if not chance:
        half = f"{found['parts']['weaker_half']:.0%} of one half of the shorter text"
        if found["parts"]["weaker_half"] < MIN_WEAKER_HALF:
            return f"Not a copy: {half} is in the longer, less than {MIN_WEAKER_HALF:.0%}."
        return "Not a copy: the longer has too few of the shorter's figures and names."
    verdict = f"A copy ({decision['match']})" if decision["copy"] else "Not a copy"
    # What is not certain must not look so.
    likely = f"{min(max(chance, 0.0001), 0.9999):.4f}"
    return f"{verdict}: probability {likely}, dedup.confidence = {decision['confidence']}."
