"""Write tests/cases/tagger.json: what the committed weights say of a few texts.

usage: python -m tests.tagger_answers     after `make train`
"""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from pipeline.clean.lines.cleaner import tag_pages
from pipeline.clean.lines.page import read_page
from pipeline.clean.lines.rules import rule_hits

CASES = Path(__file__).with_name("cases")
EVERY = 12
"""One text in so many of the cleaning cases is stored."""


def main() -> None:
    """Write the file."""
    texts = [
        case["input"]
        for path in sorted((CASES / "lines").glob("*.yaml"))
        for case in yaml.safe_load(path.read_text(encoding="utf-8"))
    ][::EVERY]
    answers = []
    for text in texts:
        page = read_page(text)
        tags = tag_pages([page], [rule_hits(page)])[0]
        if tags is not None:
            story, roles = tags.story.round(1).tolist(), tags.roles.round(1).tolist()
            answers.append({"text": text, "story": story, "roles": roles})
    (CASES / "tagger.json").write_text(
        json.dumps(answers, ensure_ascii=False, indent=0) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
