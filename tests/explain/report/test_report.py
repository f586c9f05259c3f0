"""The report: what it counts, what it shows, and that nothing of a stranger's does anything."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser

import pytest
from runs import ROOT, rows, run

from pipeline.explain.report.facts import by_family, gather
from pipeline.explain.report.page import differences, gather_samples, render_page, segments
from pipeline.explain.report.tables import print_report

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
HOSTILE = '<script>document.title="owned"</script>"><img src=x onerror=alert(1)>'
STORY = "The ferry from Kesterby was late again on Monday, said the harbour master. " * 8


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    """A run over the sample in raw/, and one over texts that mean harm."""
    folder = tmp_path_factory.mktemp("report")
    run(ROOT / "raw", folder / "out")
    records = [
        {"id": f"x{n}", "title": HOSTILE, "authors": [HOSTILE], "text": f"{STORY} {HOSTILE} {n}"}
        for n in range(3)
    ]
    records += [{"id": "none", "url": "https://bad.example/a", "text": ""}, {"text": HOSTILE * 5}]
    lines = [json.dumps(record) for record in records]
    (folder / "in").mkdir()
    path = folder / "in" / '<b onclick="x">.jsonl'
    path.write_text("\n".join([*lines, HOSTILE]), "utf-8")
    run(folder / "in", folder / "out")
    return folder / "out"


def page_of(output, name):
    """The HTML of a run."""
    facts = gather(output, name)
    return render_page(facts, gather_samples(output, facts["run_id"], facts["settings"]))


class Markup(HTMLParser):
    """The elements of a page, with their attributes, and the text of its scripts."""

    def __init__(self, page):
        super().__init__()
        self.elements = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):  # noqa: D102
        self.elements.append((tag, dict(attrs)))


def test_the_facts_are_those_of_the_tables(output):
    """Counts of sites, languages, lengths and clusters each add up to the rows."""
    facts = gather(output, "1")
    counts = facts["counts"]

    assert counts["articles"] == sum(each["articles"] for each in facts["sites"])
    assert counts["rejects"] == sum(each["rejects"] for each in facts["sites"])
    assert counts["articles"] == sum(each["count"] for each in facts["languages"])
    assert counts["articles"] == sum(each["count"] for each in facts["words"])
    assert counts["duplicates"] == sum(each["count"] for each in facts["similarity"])
    dates = facts["dates"]
    dated = sum(each["count"] for each in dates["bins"]) + dates["older"] + dates["unknown"]
    assert counts["articles"] == dated
    members = sum(each["size"] * each["count"] for each in facts["cluster_sizes"])
    assert counts["articles"] + counts["duplicates"] == members


def test_classes_of_a_model_are_one_row_with_parts():
    """What stands before the colon is the row; names without one stay as they are."""
    rows = [("tagger: caption", 3), ("byline", 4), ("tagger: related", 2), ("x: y: z", 1)]
    found = by_family([{"name": name, "count": count} for name, count in rows])

    assert [("tagger", 5), ("byline", 4), ("x", 1)] == [(e["name"], e["count"]) for e in found]
    parts = [{"name": "caption", "count": 3}, {"name": "related", "count": 2}]
    assert [parts, [], [{"name": "y: z", "count": 1}]] == [each["parts"] for each in found]


def test_the_page_folds_the_classes_of_a_model(output):
    """One row for the tagger; its classes are inside."""
    facts = gather(output, "latest")
    rows = [{"name": "tagger: a<b", "count": 3}, {"name": "tagger: related", "count": 2}]
    page = render_page(
        facts | {"removed_by_rule": rows},
        gather_samples(output, facts["run_id"], facts["settings"]),
    )

    assert "<summary>tagger</summary>" in page
    assert "<li>a&lt;b <span>3</span></li>" in page


def test_rejects_stand_under_the_site_of_their_url(output):
    """Which sites fail can be seen."""
    sites = {each["site"]: each["rejects"] for each in gather(output, "latest")["sites"]}

    assert 1 == sites["bad.example"]


def test_a_title_that_is_a_script_stays_text(output):
    """Titles, authors, texts, file names and excerpts: no element and no handler comes of them."""
    found = Markup(page_of(output, "latest")).elements

    assert 1 == len([tag for tag, _ in found if tag == "script"])
    assert [] == [tag for tag, _ in found if tag in {"img", "b"}]
    for _, attributes in found:
        assert not [name for name in attributes if name.startswith("on")]


@pytest.mark.slow
def test_the_page_needs_nothing_besides_itself(output):
    """No address is loaded, and a policy in the page forbids it."""
    page = page_of(output, "1")
    for tag, attributes in Markup(page).elements:
        for name in ("src", "href", "srcset", "action"):
            value = attributes.get(name) or "#"
            assert value.startswith(("#", "data:")), (tag, value)
    assert "url(" not in page
    assert "default-src 'none'" in page


@pytest.mark.slow
def test_the_same_run_gives_the_same_page(output):
    """No clock and no dice."""
    assert page_of(output, "1") == page_of(output, "1")


@pytest.mark.slow
def test_cuts_are_shown_as_long_as_the_inputs_are_there(output, tmp_path):
    """With the inputs each cut span with its rule; without, the kept text."""
    assert '<mark class="cut" title="bullet_only">' in page_of(output, "1")
    moved = tmp_path / "moved"
    shutil.copytree(output, moved)
    for manifest in moved.glob("runs/*/manifest.json"):
        text = manifest.read_text("utf-8").replace(str(ROOT / "raw"), "/nowhere")
        manifest.write_text(text, "utf-8")
    page = page_of(moved, "1")
    assert "what was cut cannot be shown" in page
    assert "<mark class=" not in page.split("</style>")[1].replace("legend", "")


def test_segments_give_the_text_back(output):
    """Kept, cut and taken together are the text, whatever overlaps."""
    for row in rows(output, "articles"):
        seen = "x" * max([1, *(span["end"] for span in row["removed"])]) + " end"
        parts = segments(seen, row["removed"], row["evidence"])
        assert seen == "".join(part["text"] for part in parts)


@pytest.mark.parametrize(
    ("kept", "copy"),
    [("", ""), ("a b c", ""), ("", "a b"), ("a b c", "a x c"), ("a " * 99, "a " * 50 + "b")],
)
def test_differences_hold_all_that_differs(kept, copy):
    """What only one text has is there, whole."""
    found = differences(kept, copy)
    one = " ".join(part["text"] for part in found if part["kind"] == "copy").split()
    both = {"both", "copy"}
    assert set(copy.split()) <= {
        word for part in found if part["kind"] in both for word in part["text"].split()
    }
    assert all(word in copy.split() for word in one)


def test_the_terminal_gets_the_same_account(output, capsys):
    """As tables, escaped, and without colour where it is not wanted."""
    print_report(gather(output, "latest"), sys.stdout, colour=False)
    out = capsys.readouterr().out

    assert "\x1b" not in out
    assert "no_text" in out
    assert "bad.example" in out


needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here")


def browse(page, tmp_path, *flags):
    """Load *page* in a real browser; give what is in it then, and what the console says."""
    path = tmp_path / "page.html"
    path.write_text(page, "utf-8")
    done = subprocess.run(
        [
            CHROMIUM,
            *("--headless=new", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"),
            *("--virtual-time-budget=3000", f"--user-data-dir={tmp_path / 'profile'}"),
            *flags,
            f"file://{path}",
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


@pytest.mark.slow
@needs_browser
@pytest.mark.parametrize("name", ["1", "latest"])
def test_a_browser_has_nothing_to_complain_about(output, tmp_path, name):
    """No error and no warning on the console; the title is ours."""
    found, console = browse(page_of(output, name), tmp_path, "--dump-dom")

    assert [] == console
    title = re.search("<title>(.*)</title>", found)[1]
    assert title.endswith("newsieve report")


TRY = """
<script>
addEventListener("load", () => {
  const type = (key) => document.activeElement.dispatchEvent(
    new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}));
  const visible = () => document.querySelectorAll(".sample:not([hidden])").length;
  const all = visible();
  document.querySelector("[data-kind=reject].chip").click();
  const rejects = visible();
  document.querySelector("[data-kind=''].chip").click();
  type("/");
  const focused = document.activeElement.id;
  const search = document.getElementById("search");
  search.value = "DREDGED harbour"; search.dispatchEvent(new Event("input"));
  const matching = visible();
  type("Escape");
  type("j");
  const first = document.activeElement.tagName;
  document.querySelector("[data-sort='3']").click();
  const worst = document.querySelector(".sites tbody tr td:nth-child(4)").textContent;
  document.body.dataset.found = JSON.stringify(
    {all, rejects, focused, matching, first, worst, wide: document.documentElement.scrollWidth});
});
</script>"""


@pytest.mark.slow
@needs_browser
def test_search_filter_keys_and_sorting_work(output, tmp_path):
    """In a real browser: what is typed and pressed has its effect."""
    page = page_of(output, "1")
    found, console = browse(page.replace("</body>", TRY + "</body>"), tmp_path, "--dump-dom")
    told = json.loads(re.search('data-found="([^"]*)"', found)[1].replace("&quot;", '"'))
    facts = gather(output, "1")
    samples = gather_samples(output, facts["run_id"], facts["settings"])

    assert [] == console
    assert sum(map(len, samples.values())) == told["all"]
    assert len(samples["rejects"]) == told["rejects"]
    assert ("search", "SUMMARY") == (told["focused"], told["first"])
    assert 1 <= told["matching"] < told["all"]
    assert max(each["rejects"] for each in facts["sites"]) == int(told["worst"])


@pytest.mark.slow
@needs_browser
def test_a_small_screen_needs_no_sideways_scrolling(output, tmp_path):
    """At 390 pixels everything fits."""
    inner = tmp_path / "inner.html"
    inner.write_text(page_of(output, "1"), "utf-8")
    frame = (
        f'<!doctype html><body><iframe src="file://{inner}" width="390" height="800"></iframe>'
        '<script>addEventListener("load", () => {const page = document.querySelector("iframe")'
        ".contentDocument.documentElement; document.body.dataset.wide = page.scrollWidth})</script>"
    )
    found, _ = browse(frame, tmp_path, "--dump-dom", "--allow-file-access-from-files")

    assert int(re.search('data-wide="(\\d+)"', found)[1]) <= 390
