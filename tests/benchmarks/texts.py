"""News texts by the thousand, of common English words and made-up ones: for benchmarks only.

Word frequencies follow Zipf's law, paragraphs and chrome look like a scraped page, and one
text in five is an edited copy of an earlier one.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

SYLLABLES = "ba den gri hol ka lem mo nis or pel qua rin sto tu vel wen yor zam chi dra".split()
COMMON = (
    "the of to and in a is that for it was on are as with his they at be this from have or by one "
    "had not but what all were when we there can an your which their said if do will each about "
    "how up out them then she many some so these would other into has more her two like him see "
    "time could no make than first been its who now people my made over did down only way find "
    "use may water long little very after words called just where most know get through back "
    "much before go good new write our used me man too any day same right look think also around "
    "another came come work three must because does part even place well such here take why help "
    "put different away again off went old number great tell men say small every found still "
    "between name should home big give air line set own under read last never us left end along "
    "while might next sound below saw something thought both few those always looked show large "
    "often together asked house world going want school important until form food keep children "
    "feet land side without boy once animals life enough took sometimes four head above kind began "
    "almost live page got earth need far hand high year mother light parts country father let "
    "night following picture being study second eyes soon times story boys since white days ever "
    "paper hard near sentence better best across during today others however sure means knew try "
    "told young miles sun ways thing whole hear example heard several change answer room sea "
    "against top turned learn point city play toward five using himself usually"
).split()
CHROME = ["Read More", "Related articles", "Share this story", "Leave a Comment"]
WORDS = 450
COPIES = 0.2
REMEMBERED = 500


def vocabulary(size: int, dice: random.Random) -> list[str]:
    """Make *size* words of two to four syllables."""
    return ["".join(dice.choices(SYLLABLES, k=dice.randint(2, 4))) for _ in range(size)]


def write_texts(folder: Path, count: int, per_file: int = 5_000, seed: int = 1) -> None:
    """Write *count* records as JSONL files of *per_file* records below *folder*."""
    dice = random.Random(seed)
    words = COMMON + vocabulary(40_000, dice)
    weights = [1 / rank for rank in range(1, len(words) + 1)]
    earlier: list[list[str]] = []
    folder.mkdir(parents=True, exist_ok=True)
    for start in range(0, count, per_file):
        pool = iter(dice.choices(words, weights, k=per_file * (WORDS + 60)))
        with (folder / f"{start:07d}.jsonl").open("w", encoding="utf-8") as file:
            for number in range(start, min(count, start + per_file)):
                if earlier and dice.random() < COPIES:
                    paragraphs = edited(dice.choice(earlier), pool, dice)
                else:
                    paragraphs = [sentence_block(pool) for _ in range(10)]
                    earlier = [*earlier[-REMEMBERED:], paragraphs]
                file.write(json.dumps(record(number, paragraphs, pool, dice)) + "\n")


def sentence_block(pool: Iterator[str]) -> str:
    """Make a paragraph of three sentences, 45 words in all."""
    sentences = [" ".join(islice(pool, 15)).capitalize() + "." for _ in range(3)]
    return " ".join(sentences)


def edited(paragraphs: list[str], pool: Iterator[str], dice: random.Random) -> list[str]:
    """Copy a story: one paragraph replaced, the last one sometimes cut."""
    copy = list(paragraphs)
    copy[dice.randrange(len(copy))] = sentence_block(pool)
    return copy[:-1] if dice.random() < 0.5 else copy


def record(
    number: int, paragraphs: list[str], pool: Iterator[str], dice: random.Random
) -> dict[str, str]:
    """Dress a story as a scraped page of one of 200 sites."""
    title = " ".join(islice(pool, 8)).capitalize()
    lines = [title, "By Ada Example", dice.choice(CHROME), *paragraphs, *dice.sample(CHROME, 2)]
    site = f"https://site{number % 200}.example.com"
    return {"id": f"t{number}", "url": f"{site}/{number}", "text": "\n\n".join(lines)}
