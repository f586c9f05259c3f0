"""Cleaning cases as data: what goes, what stays, and what is known of it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from pipeline.clean import clean_document
from pipeline.clean.lines.rules import RULE_DESCRIPTIONS, RULES
from pipeline.config import CleanConfig
from pipeline.records import Document

CASES = [
    (path.stem, case)
    for path in sorted((Path(__file__).parents[2] / "cases" / "lines").glob("*.yaml"))
    for case in yaml.safe_load(path.read_text(encoding="utf-8"))
]
FIELDS = ("title", "authors", "contributors", "date_published", "dateline", "site", "flags")


def clean(text, **declared):
    """Clean *text*, with what its record declares."""
    document = Document("0" * 32, "case", "case.txt", "text/plain", text, **declared)
    return clean_document(document, CleanConfig())


def param(stem, case):
    """A case under its own name; a known failure must go on failing."""
    known = case.get("expect", "pass") == "fail"
    marks = [pytest.mark.xfail(reason=case["comment"])] if known else []
    return pytest.param(case, id=f"{stem}: {case['label']}", marks=marks)


@pytest.mark.parametrize("case", [param(*item) for item in CASES])
def test_case(case):
    """The text, the rules that acted and the metadata are as the case says."""
    article = clean(case["input"], **case.get("record", {}))
    got = {
        "text": article.text,
        "removed": sorted({span.rule for span in article.removed}),
    }
    expected = {
        "text": case["expected"].strip("\n"),
        "removed": sorted(case.get("removed", [])),
    }
    for field in FIELDS:
        if field in case:
            value = getattr(article, field)
            if isinstance(value, tuple):
                value = list(value)
            got[field] = value.isoformat() if hasattr(value, "isoformat") else value
            expected[field] = case[field]

    assert expected == got


def test_every_rule_has_a_case_it_must_not_touch():
    """Each rule acts in one case and leaves its look-alike alone in another."""
    acted = {rule for _, case in CASES for rule in case.get("removed", [])}
    spared = {case.get("spares") for _, case in CASES}

    acted = {rule for rule in acted if not rule.startswith("tagger: ")}
    assert (set(RULES), set(RULES)) == (acted, spared & set(RULES))


def test_every_rule_is_documented_under_its_own_name():
    """A sentence in ``RULE_DESCRIPTIONS`` says what goes."""
    assert all(RULE_DESCRIPTIONS[name].endswith(".") for name in RULES)
