"""The report as one HTML page with samples: cuts, differences of duplicates, rejects.

The page needs no network and no other files; everything from data is escaped.
"""

from __future__ import annotations

import difflib
import json
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice, pairwise
from typing import Any

import pyarrow.compute as pc
import pygal
from jinja2 import Environment, PackageLoader, StrictUndefined
from pygal.formatters import human_readable
from pygal.style import Style

from pipeline.config import Config
from pipeline.errors import NewsieveError
from pipeline.explain.lookup import Rows, plain, read_columns
from pipeline.explain.report.facts import by_family
from pipeline.ledger.inputs import find_inputs
from pipeline.passes.isolation import process_records
from pipeline.read import read_part
from pipeline.read.parts import Part
from pipeline.records import REASONS, Document
from pipeline.storage import Place, open_input, place_of
from pipeline.write.columns import COUNTED

FATES = COUNTED[1:]


def render_page(facts: Mapping[str, Any], samples: Mapping[str, Any]) -> str:
    """Return the HTML page.

    Args:
        facts: from ``facts.gather``.
        samples: from ``gather_samples``.
    """
    loader = PackageLoader("pipeline.explain.report", "templates")
    # autoescape, because titles, texts and file names are untrusted.
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters["number"] = "{:,}".format
    environment.filters["pretty"] = partial(json.dumps, ensure_ascii=False)
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
    template = environment.get_template("page.html")
    return template.render(
        facts=facts,
        samples=samples,
        charts=_charts(facts),
        fates=FATES,
        removed_by_family=by_family(facts["removed_by_rule"]),
    )


def _charts(facts: Mapping[str, Any]) -> dict[str, str]:
    dates, sizes, runs = facts["dates"]["bins"], facts["cluster_sizes"], facts["trend"]
    last, many = sizes[-1]["size"], len(runs) > 1
    fates = {name: [each[name] for each in runs] for name in FATES}
    return {
        "words": _bars("words", facts["words"], lambda each: f"{each['from']:,}"),
        "similarity": _bars("similarity", facts["similarity"], lambda each: f"{each['from']:.2f}"),
        "dates": _bars("dates", dates, lambda each: each["name"]) if dates else "",
        "cluster_sizes": _bars(
            "cluster_sizes", sizes, lambda each: f"{each['size']}{'+' * (each['size'] == last)}"
        ),
        "trend": _trend("trend", [each["logical_date"] for each in runs], fates) if many else "",
    }


# pygal installs an outdated import hook, for plugins that are not used here. It breaks other tools
# that use import hooks, such as pytest.
sys.meta_path[:] = [hook for hook in sys.meta_path if hasattr(hook, "find_spec")]

_STYLE = Style(
    background="transparent",
    plot_background="transparent",
    foreground="var(--muted)",
    foreground_strong="var(--text)",
    foreground_subtle="var(--line)",
    guide_stroke_color="var(--line)",
    major_guide_stroke_color="var(--line)",
    guide_stroke_dasharray="0",
    major_guide_stroke_dasharray="0",
    opacity="1",
    opacity_hover=".7",
    transition="0",
    font_family="inherit",
    label_font_size=13,
    major_label_font_size=13,
    legend_font_size=13,
    value_font_size=12,
    tooltip_font_size=13,
    no_data_font_size=16,
    colors=("var(--article)", "var(--duplicate)", "var(--reject)", "var(--unchanged)"),
)
_LEFT_OUT = re.compile(r"<!--.*?-->|<script.*?</script>", re.DOTALL)
"""Removed: comments with the time of drawing, so that the same run gives the same page; the script
with settings of a library that the page does not load."""
_LABELS = 8
"""Approximate number of labels below an axis."""


def _bars(name: str, bins: Sequence[Any], label: Callable[[Any], str]) -> str:
    """Draw a bar for the count of each bin; *name* is the name of the chart in the page."""
    chart = _chart(pygal.Bar, name, [label(each) for each in bins])
    chart.add("", [{"value": each["count"], "label": label(each)} for each in bins])
    return _svg(chart)


def _trend(name: str, labels: Sequence[str], series: Mapping[str, Sequence[float]]) -> str:
    """Draw a line for each of *series* over the runs *labels*."""
    dots = len(labels) < 30
    chart = _chart(pygal.Line, name, labels, show_legend=True, show_dots=dots, width=1000)
    for title, values in series.items():
        chart.add(title, list(values))
    return _svg(chart)


def _chart(kind: Any, name: str, labels: Sequence[str], **settings: Any) -> Any:
    options = {
        "style": _STYLE,
        "js": [],
        "width": 500,
        "height": 215,
        "margin": 6,
        "spacing": 8,
        "show_legend": False,
        "legend_at_bottom": True,
        "legend_box_size": 10,
        "legend_at_bottom_columns": 4,
        "include_x_axis": True,
        "show_minor_x_labels": False,
        "truncate_label": 12,
        "value_formatter": human_readable,
        "order_min": 0,  # whole numbers as ticks
        "min_scale": 1,
        "max_scale": 5,
        "disable_xml_declaration": True,
    }
    chart = kind(**options | settings)
    chart.uuid = name
    chart.x_labels = list(labels)
    step = -(-len(labels) // _LABELS) or 1
    chart.x_labels_major = list(labels)[::step]
    return chart


def _svg(chart: Any) -> str:
    return _LEFT_OUT.sub("", chart.render(is_unicode=True))


ARTICLES = 12
PAIRS = 12
REJECTS_OF_A_REASON = 4
REJECTS = 40
MOST_CHARS = 20_000
"""Maximum characters of a text that is shown."""
MOST_WORDS = 1_500
"""Maximum words of each of two texts that are compared word by word."""
CONTEXT_WORDS = 12
"""Words shown before and after a difference."""
MOST_BYTES = 200_000_000
"""Maximum bytes of a file that is read again to show cuts."""


def gather_samples(output: Place, run_id: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Choose samples from the run *run_id*, always the same.

    The *settings* of the run, from its manifest, say where the inputs are.
    """
    rows = Rows(output)
    folder = next(run.folder for run in (*rows.runs, *rows.held) if run.run_id == run_id)
    return {
        "articles": _articles(folder, rows, settings),
        "pairs": list(_pairs(folder, rows)),
        "rejects": _rejects(folder),
    }


def _articles(folder: Place, rows: Rows, settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Show the articles with most cuts, and as many random ones: the first by id."""
    found = read_columns(folder, "articles", ("id", "removed"))
    cuts = pc.list_value_length(found["removed"]).to_pylist()
    ids = found["id"].to_pylist()
    most = [id_ for _, id_ in sorted(zip(cuts, ids, strict=True), key=lambda x: (-x[0], x[1]))]
    chosen = list(dict.fromkeys([*most[: ARTICLES // 2], *sorted(ids)]))[:ARTICLES]
    values = [row.values for id_ in chosen for row in rows.named(id_, text=True)[:1]]
    seen = seen_texts([(each["source"], each["id"]) for each in values], settings)
    return [_article(each, seen.get(each["id"])) for each in values]


def _article(row: Mapping[str, Any], seen: str | None) -> dict[str, Any]:
    return {
        **row,
        "date_published": plain(row["date_published"]),
        "rules": sorted({span["rule"] for span in row["removed"]}),
        "segments": segments(seen, row["removed"], row["evidence"]) if seen else None,
        "text": row["text"][:MOST_CHARS],
    }


def segments(
    seen: str, removed: Iterable[Mapping[str, Any]], evidence: Iterable[Mapping[str, Any]]
) -> list[dict[str, str | None]]:
    r"""Divide a text into parts that were kept, cut, or read as metadata.

    Args:
        seen: the text that spans refer to.
        removed, evidence: as in the columns of these names.

    >>> segments("Share\nBy Ann\nIt rained.", [{"start": 0, "end": 6, "rule": "share"}], []
    ... )  # doctest: +ELLIPSIS
    [{'kind': 'cut', 'why': 'share', 'text': 'Share\n'}, {'kind': 'kept', ...}]
    """
    marks = [(span["start"], span["end"], "cut", span["rule"]) for span in removed]
    marks += [
        (each["start"], each["end"], "taken", each["field"])
        for each in evidence
        if each["start"] is not None and each["field"] != "dateline"
    ]
    edges = sorted({0, len(seen), *(edge for mark in marks for edge in mark[:2])})
    found: list[dict[str, str | None]] = []
    for start, end in pairwise(edges):
        over = [mark for mark in marks if mark[0] <= start and end <= mark[1]]
        kinds = {mark[2] for mark in over}
        kind = "cut" if "cut" in kinds else "taken" if kinds else "kept"
        why = ", ".join(dict.fromkeys(mark[3] for mark in over if mark[2] == kind)) or None
        if found and found[-1]["kind"] == kind and found[-1]["why"] == why:
            found[-1]["text"] = f"{found[-1]['text']}{seen[start:end]}"
        else:
            found.append({"kind": kind, "why": why, "text": seen[start:end]})
        if end >= MOST_CHARS:
            break
    return found


def seen_texts(wanted: Sequence[tuple[str, str]], settings: Mapping[str, Any]) -> dict[str, str]:
    """Read records again to show their cuts; return id → the text that spans refer to.

    Records that are gone or have changed are left out.

    Args:
        wanted: (source, id) of records.
        settings: of their run.
    """
    try:
        config = Config.model_validate(settings)
    except ValueError:
        config = Config()  # settings of another version
    documents = []
    for part, sources in _parts_of({source for source, _ in wanted}, settings):
        ids = {id_ for source, id_ in wanted if source in sources}
        left = len(ids)
        for record in read_part(part, open_input, config.input):
            if isinstance(record, Document) and record.id in ids:
                documents.append(record)
                left -= 1
            if not left:
                break
    found = {}
    for article, _ in process_records(documents, config):
        if article is not None:
            found[article.document.id] = article.seen_text
    return found


def _parts_of(
    sources: Iterable[str], settings: Mapping[str, Any]
) -> Iterator[tuple[Part, set[str]]]:
    """Yield the files that contain *sources*, if they are still where the run found them."""
    files: dict[str, Any] = {}
    for pattern in (settings.get("input") or {}).get("paths", ()):
        try:
            found = find_inputs((pattern,))
        except (NewsieveError, OSError):
            continue
        files |= {file.source: file for file in found.files}
    held: dict[str, set[str]] = defaultdict(set)
    for source in sources:
        held[source if source in files else source.rpartition("#")[0]].add(source)
    for name in sorted(held.keys() & files.keys()):
        file = files[name]
        path = place_of(file.path)
        if path.is_file() and path.stat().st_size <= MOST_BYTES:
            yield Part(file.path, name, file.suffix, final=True), held[name]


def _pairs(folder: Place, rows: Rows) -> Iterator[dict[str, Any]]:
    columns = ("id", "match", "similarity")
    found = read_columns(folder, "duplicates", columns).to_pylist()
    near = [each for each in found if each["match"] != "exact"]
    least = [e["id"] for e in sorted(near, key=lambda e: (e["similarity"] or 0, e["id"]))]
    others = sorted(each["id"] for each in found)
    for id_ in list(dict.fromkeys([*least[: PAIRS // 2], *others]))[:PAIRS]:
        copy = next((row for row in rows.named(id_, text=True) if row.table == "duplicates"), None)
        if copy is None:
            continue
        kept = rows.named(copy.values["representative_id"], text=True)
        if kept:
            evidence = {each["part"]: each["value"] for each in copy.values["evidence"] or ()}
            differ = differences(kept[0].values["text"], copy.values["text"])
            texts = {"left_out": copy.values, "kept": kept[0].values}
            yield texts | {"evidence": evidence, "differences": differ}


def differences(kept: str, copy: str) -> list[dict[str, str]]:
    """Compare two texts word by word: what both have, and what only one has.

    Long passages that both have are shortened to their beginning and end.

    >>> for each in differences("It rained on Monday in Ely.", "It rained on Sunday in Ely."):
    ...     print(each["kind"], each["text"])
    both It rained on
    kept Monday
    copy Sunday
    both in Ely.
    """
    one, other = (list(islice(text.split(), MOST_WORDS)) for text in (kept, copy))
    found: list[dict[str, str]] = []
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    for tag, start, end, begin, stop in matcher.get_opcodes():
        if tag == "equal":
            found.append({"kind": "both", "text": _shortened(one[start:end])})
            continue
        if end > start:
            found.append({"kind": "kept", "text": " ".join(one[start:end])})
        if stop > begin:
            found.append({"kind": "copy", "text": " ".join(other[begin:stop])})
    return found


def _shortened(words: list[str]) -> str:
    left_out = len(words) - 2 * CONTEXT_WORDS
    if left_out < CONTEXT_WORDS:
        return " ".join(words)
    first, last = words[:CONTEXT_WORDS], words[-CONTEXT_WORDS:]
    return f"{' '.join(first)} [… {left_out:,} words …] {' '.join(last)}"


def _rejects(folder: Place) -> list[dict[str, Any]]:
    columns = ("reason", "stage", "kind", "source", "url", "site", "detail", "excerpt")
    of_reason: dict[str, int] = defaultdict(int)
    found: list[dict[str, Any]] = []
    for row in read_columns(folder, "rejects", columns).to_pylist():
        of_reason[row["reason"]] += 1
        if of_reason[row["reason"]] <= REJECTS_OF_A_REASON and len(found) < REJECTS:
            found.append(row | {"meaning": REASONS.get(row["reason"], "")})
    return found
