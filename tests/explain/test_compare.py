"""Why two documents are, or are not, near-duplicates."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from itertools import combinations

import pytest
from factories import story
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from runs import ROOT, rows, run

from pipeline.config import Config, DedupConfig
from pipeline.errors import UsageError
from pipeline.explain.compare import KEPT_BECAUSE, compare_sides, comparison_lines, load_side
from pipeline.explain.lookup import Rows

CONFIG = DedupConfig()
DAY = datetime(2025, 3, 1, tzinfo=timezone.utc)


def side(text, **fields):
    """A document with this cleaned text and nothing else known."""
    known = {"source": "a.txt", "id": "0" * 32, "url": None, "title": None, "authors": []}
    return {"text": text, **known, "date_published": None, **fields}


def pair(one, other):
    """The comparison of two sides, of which the second has another id."""
    return compare_sides(one, other | {"id": "f" * 32}, CONFIG)


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    """A run over the sample in raw/."""
    folder = tmp_path_factory.mktemp("compare")
    run(ROOT / "raw", folder)
    return folder


def test_what_a_run_decided_is_what_is_told(output):
    """Of every copy the evidence in the table, the match and the representative come out again."""
    found = Rows(output)
    for row in rows(output, "duplicates"):
        kept, copy = (load_side(row[name], found, Config()) for name in ("representative_id", "id"))
        told = compare_sides(copy, kept, CONFIG, found)

        assert told["decision"]["copy"]
        assert (row["match"], "b") == (told["decision"]["match"], told["decision"]["kept"])
        assert row["similarity"] == told["shared"]["exact"]
        recorded = {each["part"]: each["value"] for each in row["evidence"]}
        assert recorded["probability"] == told["decision"]["probability"]
        if row["match"] != "exact":
            parts = {name: value for name, value in told["parts"].items() if value is not None}
            assert parts.items() <= recorded.items()
        assert f"left A out as a copy ({row['match']}) of B." in told["explanation"][-1]


@pytest.mark.slow
def test_what_a_run_kept_apart_is_no_copy(output):
    """No two articles of the sample are told to be copies."""
    found = Rows(output)
    kept = [load_side(row["id"], found, Config()) for row in rows(output, "articles")]

    for one, other in combinations(kept, 2):
        assert not compare_sides(one, other, CONFIG)["decision"]["copy"]


def test_a_file_is_cleaned_as_clean_does():
    """A file and a record of a larger one may be compared, without any run."""
    one = load_side(str(ROOT / "raw/kesterby-post/ferry-strike.html"), None, Config())
    other = load_side(str(ROOT / "raw/pellworth-wire/2025-spring.jsonl#1"), None, Config())
    told = compare_sides(one, other, CONFIG)

    assert ("near", 0) == (told["decision"]["match"], told["rarity_texts"])
    assert "bands" in told["reached"]["by"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no such file", "no such file; to compare by id"),
        ("raw", "a folder; name one document"),
        ("raw/README.md", "unsupported extension"),
        ("raw/pellworth-wire/2025-spring.jsonl", "contains several records; choose one"),
        ("raw/pellworth-wire/2025-spring.jsonl#4", "not_json"),
        ("raw/pellworth-wire/2025-spring.jsonl#99", "no such record"),
    ],
)
def test_what_is_no_document_is_an_error_that_says_what_to_name(name, message):
    """Nothing is compared with a guess."""
    path = name if name.startswith("no") else str(ROOT / name)
    with pytest.raises(UsageError, match=message):
        load_side(path, None, Config())


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("bakery", "no such file, and .*: no record 'bakery' in 1 run; did you mean bakery-"),
        ("pw-20250410-0011", "rejected, no_text; it has no text"),
    ],
)
def test_a_name_without_a_text_is_an_error(output, name, message):
    """A rejected record has no text to compare; a mistyped name gets a hint."""
    with pytest.raises(UsageError, match=message):
        load_side(name, Rows(output), Config())


TEXTS = {
    "empty": "",
    "one word": "Ferry",
    "short": story(1, 12),
    "a story": story(1),
    "the same, cut": story(1)[: len(story(1)) * 2 // 3],
    "another": story(2),
    "two stories": story(1) + " " + story(2, 40),
    "figures": " ".join(f"It rained {n} mm on day {n}." for n in range(40)),
}


@pytest.mark.parametrize("one", TEXTS)
@pytest.mark.parametrize("other", TEXTS)
def test_any_two_texts_can_be_compared(one, other):
    """Short, empty, equal, undated: always a decision, at most four sentences, and valid JSON."""
    a, b = side(TEXTS[one], date_published=DAY), side(TEXTS[other], title="T", id="1" * 32)
    told = compare_sides(a, b, CONFIG)

    said = told["explanation"]
    assert 1 <= len(said) <= 4
    assert said[0].startswith(("An exact copy", "A copy")) == told["decision"]["copy"]
    assert said == json.loads(json.dumps(told))["explanation"]
    assert said == list(comparison_lines(told))[-len(said) :]
    assert (one == other) == (told["decision"]["match"] == "exact")


def test_texts_below_min_shingles_are_exact_copies_or_none():
    """The limit itself is weighed; one shingle less is not."""
    words = CONFIG.min_shingles + CONFIG.shingle_words - 1
    enough, less = (side(story(1, count) + "!") for count in (words, words - 1))

    assert pair(enough, side(story(1, words + 1)))["decision"]["probability"] is not None
    short = pair(less, side(story(1, words + 1)))
    assert (True, None, False) == (
        short["decision"]["too_short"],
        short["decision"]["probability"],
        short["decision"]["copy"],
    )


def test_figures_of_one_text_only_are_listed():
    """Each as it is printed, under the text that has it."""
    told = pair(side("In 2024, 1,200 came; 7 left."), side("In 2025, 1,200 came; 7 left."))

    assert (["2024"], ["2025"], 2) == (
        told["shared"]["figures_a"],
        told["shared"]["figures_b"],
        told["shared"]["figures"],
    )


@pytest.mark.parametrize(
    ("rule", "better"),
    [
        ("url", {"url": "https://example.org/a"}),
        ("metadata", {"title": "T"}),
        ("publication", {"title": None, "authors": [], "date_published": DAY}),
    ],
)
def test_the_rule_that_chose_the_representative_is_named(rule, better):
    """The first rule of the order that tells the two apart."""
    later = DAY + timedelta(days=1)
    plain = side(story(1), date_published=later if rule == "publication" else None)
    other = plain | {"id": "f" * 32, **better}
    told = compare_sides(plain, other, CONFIG)

    assert ("b", rule) == (told["decision"]["kept"], told["decision"]["rule"])
    assert f"B is kept: {KEPT_BECAUSE[rule]}." == told["explanation"][-1]


def test_what_tipped_it_is_what_differs():
    """Equal words with other figures: the figures are the evidence against it."""
    words = "water stood at {} and the pump at {} ran for {} minutes while the warden watched {}"
    one, other = (
        side(" ".join(words.format(*(start + 10 * n + k for k in range(4))) for n in range(9)))
        for start in (1000, 5000)
    )
    told = pair(one, other)

    assert not told["decision"]["copy"]
    assert "figures" in [tip["group"] for tip in told["decision"]["tips"]]
    assert all(tip["by"] < 0 for tip in told["decision"]["tips"])


def test_log_odds_add_up():
    """The contributions and the bias are the log-odds of the probability."""
    told = pair(side(story(1)), side(story(1)[:-30] + story(2, 9)))
    odds = told["bias"] + sum(each["contribution"] for each in told["contributions"])

    assert pytest.approx(1 / (1 + 2.718281828459045**-odds)) == told["decision"]["probability"]


def test_common_shingles_are_known_from_the_folder_only(tmp_path):
    """A line that every story of a folder has is no evidence there, and is evidence without."""
    shared = (
        "The harbour lies where the river meets the sea, and the town has grown around it. " * 2
    )
    (tmp_path / "in").mkdir()
    for number in range(8):
        text = f"{story(number)}\n\n{shared}{story(99, 20)}"
        record = json.dumps({"id": f"s{number}", "text": text})
        (tmp_path / "in" / f"{number}.jsonl").write_text(record + "\n", encoding="utf-8")
    run(tmp_path / "in", tmp_path / "out")
    found = Rows(tmp_path / "out")
    a, b = (load_side(name, found, Config()) for name in ("s1", "s2"))

    with_folder, without = compare_sides(a, b, CONFIG, found), compare_sides(a, b, CONFIG)
    assert 0 == with_folder["shared"]["rare"] < without["shared"]["rare"]
    assert (8, 0) == (with_folder["rarity_texts"], without["rarity_texts"])


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.text(max_size=300), st.text(max_size=300))
def test_the_decision_does_not_depend_on_the_order_of_a_and_b(one, other):
    """Copy or not, how likely, and which is kept: the same when A and B change places."""
    a, b = side(one), side(other, id="f" * 32)
    there, back = compare_sides(a, b, CONFIG), compare_sides(b, a, CONFIG)

    assert (there["decision"]["copy"], there["decision"]["probability"]) == (
        back["decision"]["copy"],
        back["decision"]["probability"],
    )
    assert there["decision"]["kept"] != back["decision"]["kept"]


@pytest.mark.parametrize(
    ("words", "days", "reason"),
    [
        (
            ("Monday", "Thursday"),
            0,
            "of 1 weekdays, months and numbers in words at the same places, 1 differ",
        ),
        (("Monday", "Tuesday"), 90, "published more than 30 days apart"),
    ],
)
def test_what_tells_items_of_a_template_apart_is_named(words, days, reason):
    """Another word at the same place, or months between the publications."""
    sides = [
        side(f"{story(1, 60)} on {word} at {story(2, 60)}", date_published=DAY + after)
        for word, after in zip(words, (timedelta(0), timedelta(days)), strict=True)
    ]
    told = pair(*sides)
    assert not told["decision"]["copy"]
    assert reason in told["explanation"][0]
