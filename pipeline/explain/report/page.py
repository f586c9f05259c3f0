"""The report as one HTML page: no network, no files beside it, everything from data escaped."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import pygal
from jinja2 import Environment, PackageLoader, StrictUndefined
from pygal.style import Style

from pipeline.explain.report.facts import by_family

FATES = ("articles", "duplicates", "rejects", "unchanged")


def render_page(facts: Mapping[str, Any], samples: Mapping[str, Any]) -> str:
    """Write the page.

    Args:
        facts: from ``facts.gather``.
        samples: from ``samples.gather_samples``.
    """
    loader = PackageLoader("pipeline.explain.report", "templates")
    # autoescape: every title, text and file name comes from strangers.
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
        flow=_flow(facts),
        removed_by_family=by_family(facts["removed_by_rule"]),
    )


def _flow(facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Part the records by fate, and each fate by its reasons, as shares of what was read."""
    counts = facts["counts"]
    whole = max(1, counts["read"])
    parts = {
        "duplicates": facts["duplicates_by_match"],
        "rejects": facts["rejects_by_reason"],
    }
    return [
        {
            "name": name,
            "count": counts[name],
            "share": counts[name] / whole,
            "parts": [
                {"name": each["name"], "count": each["count"], "share": each["count"] / whole}
                for each in parts.get(name, ())
            ],
        }
        for name in FATES
    ]


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
        "trend": trend("trend", [each["logical_date"] for each in runs], fates) if many else "",
    }


def _bars(name: str, bins: Sequence[Any], label: Callable[[Any], str]) -> str:
    return histogram(name, [label(each) for each in bins], [each["count"] for each in bins])


# pygal installs an outdated kind of import hook, for plugins that are not used here: other tools
# that go through the hooks, such as pytest, stumble over it.
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
"""Comments say when it was drawn: the same run gives the same page. The script is the settings
of a library that the page does not load."""
_LABELS = 8
"""Labels below an axis that fit side by side."""


def histogram(name: str, labels: Sequence[str], counts: Sequence[int]) -> str:
    """Draw a bar for each of *counts*.

    Args:
        name: of the chart, by which the page refers to it.
    """
    chart = _chart(pygal.Bar, name, labels)
    chart.y_labels = _ticks(max(counts, default=0))
    pairs = zip(labels, counts, strict=True)
    chart.add("", [{"value": count, "label": label} for label, count in pairs])
    return _svg(chart)


def trend(name: str, labels: Sequence[str], series: Mapping[str, Sequence[float]]) -> str:
    """Draw a line for each of *series*, over the runs that *labels* name."""
    dots = len(labels) < 30
    chart = _chart(pygal.Line, name, labels, show_legend=True, show_dots=dots, width=1000)
    chart.y_labels = _ticks(max(max(values) for values in series.values()))
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
        "value_formatter": _short,
        "disable_xml_declaration": True,
    }
    chart = kind(**options | settings)
    chart.uuid = name
    chart.x_labels = list(labels)
    step = -(-len(labels) // _LABELS) or 1
    chart.x_labels_major = list(labels)[::step]
    return chart


def _ticks(most: float) -> list[int]:
    """Choose marks for an axis of counts from 0 to *most*: whole numbers, five at most.

    >>> _ticks(3), _ticks(19), _ticks(0)
    ([0, 1, 2, 3], [0, 5, 10, 15, 20], [0, 1])
    """
    for size in (10**power for power in range(13)):
        for step in (size, 2 * size, 5 * size):
            if 4 * step >= most:
                return list(range(0, max(1, int(-(-most // step))) * step + 1, step))
    return [0, int(most)]


def _short(value: float) -> str:
    """Write a number so that it fits beside an axis.

    >>> _short(950), _short(12_000), _short(1_500_000), _short(0.25)
    ('950', '12k', '1.5M', '0.25')
    """
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def _svg(chart: Any) -> str:
    return _LEFT_OUT.sub("", chart.render(is_unicode=True))
