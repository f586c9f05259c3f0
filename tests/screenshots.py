"""Pictures of the report for the README: ``make screenshots``; needs chromium.

docs/images/report.png          1400 pixels wide, light
docs/images/report-samples.png  the samples, 1400 pixels wide
docs/images/report-small.png    a telephone, 390 pixels wide, dark
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from pipeline.explain.report.facts import gather
from pipeline.explain.report.page import gather_samples, render_page
from tests.runs import ROOT, run

IMAGES = ROOT / "docs" / "images"
LARGEST_BYTES = 300_000


def main() -> int:
    """Take the pictures; 1 where there is no browser or a picture is too large."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        print("chromium is missing; on Debian: apt-get install chromium", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run(ROOT / "raw", folder / "output")
        facts = gather(folder / "output", "latest")
        samples = gather_samples(folder / "output", facts["run_id"], facts["settings"])
        page = folder / "report.html"
        # The picture shows the command that a reader types, not a folder of this machine.
        text = render_page(facts | {"output": "output"}, samples)
        page.write_text(text, encoding="utf-8")
        shown = folder / "small.html"
        frame = '<iframe src="report.html" style="border:0;width:390px;height:844px"></iframe>'
        shown.write_text(f'<!doctype html><body style="margin:0">{frame}', encoding="utf-8")
        take(chromium, page, IMAGES / "report.png", (1400, 1120))
        below = folder / "samples.html"
        hidden = "<style>#overview, #figures, #sites, #run { display: none }</style></head>"
        below.write_text(text.replace("</head>", hidden), encoding="utf-8")
        take(chromium, below, IMAGES / "report-samples.png", (1400, 1000))
        take(chromium, shown, IMAGES / "report-small.png", (390, 844), dark=True)
    return max(path.stat().st_size for path in IMAGES.glob("report*.png")) > LARGEST_BYTES


def take(
    chromium: str, page: Path, picture: Path, size: tuple[int, int], *, dark: bool = False
) -> None:
    """Take *picture* of *page* at *size* pixels."""
    picture.parent.mkdir(parents=True, exist_ok=True)
    flags = ["--blink-settings=preferredColorScheme=0"] if dark else []
    command = [
        chromium,
        *("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
        *("--allow-file-access-from-files", "--virtual-time-budget=2000", *flags),
        f"--window-size={size[0]},{size[1]}",
        f"--screenshot={picture}",
        page.as_uri(),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    print(f"{picture.relative_to(ROOT)}  {picture.stat().st_size:,} bytes")


if __name__ == "__main__":
    sys.exit(main())
