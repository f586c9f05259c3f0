"""``make figures``: rerun the scorers and write the tables of README.md and docs/results.md anew.

docs/figures.json keeps what the scorers found, with digests of the models that were scored; a test
fails when a model has changed since. Figures of held-out sites come from training, which prints
them: ``python -m tests.benchmarks.figures --held-out text_full=0.949`` notes one for the models as
they are. One of an earlier model is marked in the tables.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[2]
FIGURES = ROOT / "docs" / "figures.json"
BENCH = ROOT.parent / "shared" / "bench"
DATA = BENCH.parent / "data"
SCORERS = {
    "html": ("score_html.py",),
    "text": ("score_text.py",),
    "dedup_4k": ("score_dedup.py",),
    "dedup_20k": ("score_dedup.py", str(DATA / "dedup" / "dev20k.jsonl.xz")),
    "pairs": ("score_pairs.py",),
}
"""Name in docs/figures.json → a scorer with its arguments."""

MODELS = {
    "tagger": "pipeline/clean/lines/tagger.npz",
    "phrases": "pipeline/clean/phrases.json",
    "pages": "pipeline/clean/html/block_model.json",
    "pairs": "pipeline/dedup/model.py",
}
"""Model → its file; of a module, its code without documentation counts."""

BODY = ("daniel", "fundus_eval", "fundus_tests", "readability_js", "trafilatura_eval")
BODY += ("wcxb_article", "zyte")
"""Benchmarks with the text of the story."""

META = ("fundus_tests", "htmldate_eval", "postlight_meta", "readability_js")
META += ("trafilatura_eval", "wcxb_article")
"""Benchmarks with titles, authors or dates."""

TITLES = ("trafilatura_eval", "fundus_tests", "wcxb_article")


def digests() -> dict[str, str]:
    """Give a digest of each model."""
    return {name: _digest(ROOT / path) for name, path in MODELS.items()}


def _digest(path: Path) -> str:
    content = path.read_bytes()
    if path.suffix == ".py":
        tree = ast.parse(content)
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                node.body = [each for each in node.body if not _is_text(each)]
        content = ast.dump(tree).encode()
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def _is_text(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def score(name: str) -> dict[str, object]:
    """Run a scorer, and give its last line."""
    newsieve = f"{sys.executable} -m newsieve"
    script, *arguments = SCORERS[name]
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, BENCH / script, *arguments],
        cwd=ROOT,
        env=os.environ | {"NEWSIEVE": newsieve, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    found = json.loads(done.stdout.splitlines()[-1])
    found.pop("wall_s", None)
    return found


class Tables:
    """The tables, from what docs/figures.json holds."""

    def __init__(self, figures: dict[str, dict[str, dict]]) -> None:
        """Take *figures*: models, scores, held_out and baselines."""
        self.scores, self.base = figures["scores"], figures["baselines"]
        self.held_out, self.models = figures["held_out"], figures["models"]

    def readme(self) -> str:
        """Give the table of README.md."""
        text, html, base = self.scores["text"], self.scores["html"], self.base
        pairs = self.scores["pairs"]["reuters_pairs_dev"]["F1"]
        titles = (
            " / ".join(f"{kind[name]['title_exact']:.2f}" for name in TITLES)
            for kind in (base["html"], html)
        )
        rows = [
            ("plain text, whole pages: F1 of the article's words",
             f"{base['text']['full']:.2f} (BTE, a text-block method; the best of five)",
             self.held("text_full"), f"{text['full']['f1']:.3f}"),
            ("plain text, output of other extractors: F1",
             f"{base['text']['half']:.2f} (BTE)",
             self.held("text_half"), f"{text['half']['f1']:.3f}"),
            ("HTML: body F1, mean of seven benchmarks",
             f"{mean_body(base['html']):.3f} (trafilatura alone)",
             self.held("html_body"), f"{mean_body(html):.3f}"),
            ("HTML: exact titles on three benchmarks", next(titles), "", next(titles)),
            ("duplicates: pairwise F1, 20,001 documents",
             f"{base['dedup_4k']['f1']:.2f} (LSH at 0.7, on 4,001)",
             "", f"{self.scores['dedup_20k']['all']['F1']:.3f}"),
            ("duplicates: F1 on labelled Reuters pairs",
             f"{base['pairs']['f1']:.2f} (LSH at 0.7)",
             self.held("pairs"), f"{pairs:.3f}"),
        ]  # fmt: skip
        head = ("", "baseline", "newsieve, held out", "newsieve, as installed")
        return table(head, rows) + self.note()

    def results(self) -> str:
        """Give the table of pages in docs/results.md."""
        html, base = self.scores["html"], self.base["html"]
        rows = []
        for name in sorted({*BODY, *META}):
            old, new = base.get(name, {}), html[name]
            cells = [
                name,
                str(new["pages"]),
                self.held(f"html_{name}"),
                _change(old, new, "body_f1"),
            ]
            rows.append((*cells, *(_change(old, new, f"{key}_exact") for key in _FIELDS)))
        head = ("benchmark", "pages", "body F1, held out", "body F1", "titles exact")
        return table((*head, "authors exact", "dates exact"), rows) + self.note()

    def shipped(self) -> str:
        """Give the table of texts and duplicates in docs/results.md."""
        rows = []
        for group, about in (("full", "whole pages"), ("half", "output of other extractors")):
            found = self.scores["text"][group]
            names = ("precision", "recall", "f1", "chrome_removed", "body_lost")
            rows.append((about, *(f"{found[name]:.3f}" for name in names)))
        head = ("plain text", "precision", "recall", "F1", "boilerplate removed", "story lost")
        texts = table(head, rows)
        rows = []
        for name in ("dedup_4k", "dedup_20k"):
            found = self.scores[name]
            whole, small = found["all"], found["clusters<=50"]
            wrong = found["wrongly_merged"]
            most = max(wrong, key=lambda kind: wrong[kind])
            worst = min(found["copies_found"].items(), key=lambda each: each[1])
            rows.append(
                (f"{found['rows']['in']:,} documents", f"{whole['P']:.4f}", f"{whole['R']:.4f}",
                 f"{whole['F1']:.3f}", f"{small['F1']:.3f}", f"{worst[0]} {worst[1]:.3f}",
                 f"{most.removeprefix('hn_')} {wrong[most]:.3f}")
            )  # fmt: skip
        found = self.scores["pairs"]["reuters_pairs_dev"]
        pairs = [f"{found[name]:.3f}" for name in ("P", "R", "F1")]
        rows.append(("labelled Reuters pairs", *pairs, "", "", ""))
        head = ("duplicates", "precision", "recall", "F1", "F1, clusters of at most 50")
        return texts + "\n" + table((*head, "least found kind", "most wrongly merged kind"), rows)

    def held(self, name: str) -> str:
        """Write a figure of held-out sites; * where the model is not the present one."""
        if name not in self.held_out:
            return ""
        known = self.held_out[name]
        stale = self.models[known["model"]] != known["digest"]
        return f"{known['value']:.3f}" + "\\*" * stale

    def note(self) -> str:
        """Say what * means, where it occurs."""
        models, every = self.models, self.held_out.values()
        stale = any(models[each["model"]] != each["digest"] for each in every)
        return "\n\\* of an earlier model\n" if stale else ""


_FIELDS = ("title", "author", "date")


def mean_body(html: dict[str, dict[str, float]]) -> float:
    """Give the mean body F1 of the benchmarks that have it."""
    return sum(html[name]["body_f1"] for name in BODY) / len(BODY)


def _change(old: dict[str, float], new: dict[str, float], key: str) -> str:
    if key not in new:
        return ""
    before = f"{old[key]:.3f} → " if key in old else ""
    better = new[key] > old.get(key, 0)
    return before + (f"**{new[key]:.3f}**" if better else f"{new[key]:.3f}")


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Write a table of Markdown."""
    lines = [head, ("---",) * len(head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines).replace("|  |", "| |")


def pages(figures: dict[str, dict[str, dict]]) -> dict[Path, str]:
    """Give every page that has tables, with them written anew."""
    tables = Tables(figures)
    found = {}
    for path in (ROOT / "README.md", ROOT / "docs" / "results.md"):
        text = path.read_text("utf-8")
        for name in re.findall(r"^<!-- figures: (\w+) -->$", text, re.MULTILINE):
            start, end = f"<!-- figures: {name} -->\n", "<!-- end of figures -->"
            before, _, rest = text.partition(start)
            after = rest[rest.index(end) :]
            text = f"{before}{start}\n{getattr(tables, name)()}\n{after}"
        found[path] = text
    return found


def main() -> None:
    """Run what is asked for, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--only", nargs="*", choices=SCORERS, help="rerun these scorers; none: write the tables"
    )
    parser.add_argument("--held-out", nargs="*", default=[], metavar="NAME=VALUE")
    arguments = parser.parse_args()
    figures = json.loads(FIGURES.read_text("utf-8"))
    now = digests()
    for each in arguments.held_out:
        name, _, value = each.partition("=")
        known = figures["held_out"][name]
        known |= {"value": float(value), "digest": now[known["model"]]}
    if not arguments.held_out:
        names = list(SCORERS) if arguments.only is None else arguments.only
        with ThreadPoolExecutor(2) as pool:  # pages take half of the time
            figures["scores"].update(zip(names, pool.map(score, names), strict=True))
        if arguments.only is None:
            figures["models"] = now
    text = json.dumps(figures, indent=1, ensure_ascii=False) + "\n"
    FIGURES.write_text(text, "utf-8")
    for path, page in pages(figures).items():
        path.write_text(page, "utf-8")


if __name__ == "__main__":
    main()
