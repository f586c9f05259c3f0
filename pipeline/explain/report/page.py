"""The report as one HTML page: no network, no files beside it, everything from data escaped."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from pipeline.explain.report.charts import histogram, trend
from pipeline.explain.report.facts import by_family

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    environment.filters["pretty"] = _pretty
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
    words, similar, dates = facts["words"], facts["similarity"], facts["dates"]["bins"]
    sizes, runs = facts["cluster_sizes"], facts["trend"]
    last = sizes[-1]["size"]
    return {
        "words": histogram(
            "words", [f"{each['from']:,}" for each in words], [each["count"] for each in words]
        ),
        "similarity": histogram(
            "similarity",
            [f"{each['from']:.2f}" for each in similar],
            [each["count"] for each in similar],
        ),
        "dates": histogram(
            "dates", [each["name"] for each in dates], [each["count"] for each in dates]
        )
        if dates
        else "",
        "cluster_sizes": histogram(
            "cluster_sizes",
            [f"{each['size']}+" if each["size"] == last else str(each["size"]) for each in sizes],
            [each["count"] for each in sizes],
        ),
        "trend": trend(
            "trend",
            [each["logical_date"] for each in runs],
            {name: [each[name] for each in runs] for name in FATES},
        )
        if len(runs) > 1
        else "",
    }


def _pretty(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
