"""Where the story is on a whole page: the blocks of lines in which prose outweighs all else."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from pipeline.clean.lines.page import LineRecord, Page

BASE_WORDS = 8
"""Words that a line must have to speak for the story; below, it speaks against."""
CAP_WORDS = 60
"""Words of a line that count, so that one long consent text is no story."""
SECTION_COST = 30
BUTTON_COST = 12
"""What a header of other things, and a button, weigh against the story, in words of prose."""
INTERRUPTION_COST = 3
"""What a line of chrome weighs when story stands on both its sides: it interrupts, not ends."""
SECOND_BLOCK = 0.5
"""Share of the best block's gain from which another block goes on with the story."""
MIN_EVIDENCE = 2
PROSE_PER_EVIDENCE = 2
"""Lines known as chrome that must stand on a side before everything on it is held, and
the lines of prose on that side that each of them may take along."""
GAP_EVIDENCE = 3
"""Lines known as chrome from which short lines between two blocks of the story are cut."""
_SECTIONS = frozenset({"related", "popular", "comments", "newsletter", "legal", "account"})
_ENDS = frozenset({"comments", "popular"})


def outside_story(page: Page) -> list[int]:
    """Menus before the story, footers behind it and menus inside it, where a page was saved whole.

    Of all runs of lines the one with the largest sum of prose words, minus the cost of short lines
    and of known chrome, is the story (the idea of BTE, Finn, Kushmerick and Smyth 2001, with words
    of prose in place of tags); other runs at least half as large belong to it. What stands outside
    goes only on a side with enough lines that are chrome without doubt: a list or a table at
    the story's end has none. The weights were chosen on labelled texts of development sites.
    """
    blocks = story_blocks(page)
    if not blocks:
        return []
    start, end = blocks[0][0], blocks[-1][1]
    cut: list[int] = []
    if _is_chrome(page.lines[:start]):
        cut.extend(range(start))
    for (_, gap_start), (gap_end, _) in pairwise(blocks):
        gap = page.lines[gap_start:gap_end]
        if sum(1 for line in gap if line.kinds) >= GAP_EVIDENCE:
            cut.extend(line.index for line in gap if not line.prose)
    if _is_chrome(page.lines[end:]):
        cut.extend(range(end, len(page.lines)))
    return cut


def story_blocks(page: Page) -> list[tuple[int, int]]:
    """The runs of lines that are the story, as [start, end) in order; none without prose.

    Readers' comments and lists of popular stories end it: no block beyond their header counts.
    """
    told = [line.prose and not line.kinds for line in page.lines]
    gains = [
        _cost(line, told)
        if line.kinds
        else min(line.word_count, CAP_WORDS if line.prose else BASE_WORDS) - BASE_WORDS
        for line in page.lines
    ]
    best, start, end = _best_run(gains, 0, len(gains))
    if best <= 0:
        return []
    needed = SECOND_BLOCK * best
    after = _further_runs(page, gains, range(end, len(gains)), needed)
    before = _further_runs(page, gains, range(start - 1, -1, -1), needed)
    return [*reversed(before), (start, end), *after]


def _further_runs(
    page: Page, gains: list[int], indices: range, needed: float
) -> list[tuple[int, int]]:
    """Runs with a sum of at least *needed*, away from the best one up to where the story ends."""
    runs: list[tuple[int, int]] = []
    total, best, begin = 0, 0, None
    for index in indices:
        if page.lines[index].kinds & _ENDS:
            break
        total += gains[index]
        if total <= 0:
            total, best, begin = 0, 0, None
            continue
        if begin is None:
            begin = index
        if total > best and total >= needed:
            run = (min(begin, index), max(begin, index) + 1)
            if best:
                runs.pop()
            runs.append(run)
            best = total
    return runs


def _best_run(gains: list[int], low: int, high: int) -> tuple[int, int, int]:
    """Largest sum of consecutive gains in [low, high), and its run; 0 if none is positive."""
    best, start, end = 0, low, low
    total, begin = 0, low
    for index in range(low, high):
        total += gains[index]
        if total <= 0:
            total, begin = 0, index + 1
        elif total > best:
            best, start, end = total, begin, index + 1
    return best, start, end


def _cost(line: LineRecord, told: Sequence[bool]) -> int:
    """What a line of boilerplate says against the story, in words of prose.

    *told* says of each line of the page whether it is prose without a phrase.
    """
    here = line.index
    if (
        not line.kinds & _ENDS
        and any(told[max(0, here - 2) : here])
        and any(told[here + 1 : here + 3])
    ):
        return -INTERRUPTION_COST
    return -SECTION_COST if line.kinds & _SECTIONS else -BUTTON_COST


def _is_chrome(lines: tuple[LineRecord, ...]) -> bool:
    """Whether *lines* on one side of the story are chrome altogether."""
    prose = sum(line.prose for line in lines)
    known = sum(1 for line in lines if line.kinds)
    return known >= max(MIN_EVIDENCE, prose / PROSE_PER_EVIDENCE)
