"""Writing systems: which letters belong to which, and which are written without spaces."""

from __future__ import annotations

import re

SCRIPTS: dict[str, str] = {
    "Han": "\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff",
    "Kana": "\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f",
    "Hangul": "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af",
    "Thai": "\u0e00-\u0e7f",
    "Lao": "\u0e80-\u0eff",
    "Khmer": "\u1780-\u17ff",
    "Myanmar": "\u1000-\u109f",
    "Greek": "\u0370-\u03ff\u1f00-\u1fff",
    "Cyrillic": "\u0400-\u052f",
    "Arabic": "\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufeff",
    "Hebrew": "\u0590-\u05ff",
    "Devanagari": "\u0900-\u097f",
}
"""Script name → the inside of a character class with the blocks of that script."""

SPACELESS = "".join(SCRIPTS[name] for name in ("Han", "Kana", "Thai", "Lao", "Khmer", "Myanmar"))
"""Inside of a character class: letters of scripts that put no spaces between words."""
SPACELESS_LETTER = re.compile(f"[{SPACELESS}]")
FIRST_SPACELESS = LOWEST_SPACELESS = "\u0e00"
HAN_AND_KANA = "\u2e80"
"""No spaceless letter is below the first; from the second on lie those of the largest scripts."""
