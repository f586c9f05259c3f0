"""What is learned with JAX runs alike with numpy."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.clean.lines.observed import OWN, PLACES, Tokens, headers_of, placed, read_lines
from pipeline.clean.lines.page import read_page
from pipeline.clean.lines.rules import CLASSES
from pipeline.clean.lines.tagger import ROLES, Tagger
from training.classes import classes_of, without_classes

jax = pytest.importorskip("jax", reason="training needs the extra `train`")
net = pytest.importorskip("training.tagger_net")

TEXTS = (
    "Skip to content\nGazette\nFerry returns to the estuary\nBy Nora Aldwin\n7 March 2024\n"
    + "The ferry has come back to the estuary after three years, the harbour master said.\n" * 9
    + "Related articles\nShare\nCopyright 2024",
    "A b c.\n\nD e f",
)


def bags(lines, hashes, vocabulary, rows, count):
    """Sums of the rows of each line's hashes, and the share that has rows."""
    sums, known, total = np.zeros((count, rows.shape[1])), np.zeros(count), np.zeros(count)
    for line, each in zip(lines, hashes, strict=True):
        at = int(np.searchsorted(vocabulary, each))
        total[line] += each > 0
        if each > 0 and at < len(vocabulary) and vocabulary[at] == each:
            sums[line] += rows[at]
            known[line] += 1
    return sums / np.sqrt(np.maximum(known, 1))[:, None], known / np.maximum(total, 1)


@pytest.mark.slow
def test_numpy_says_what_was_learned():
    """With random weights, log-odds differ by no more than the steps explain."""
    pages = [read_page(text) for text in TEXTS]
    headers = headers_of([line for page in pages for line in page.lines])
    lines = [[line.text for line in page.lines] for page in pages]
    blanks = [[line.blank_before for line in page.lines] for page in pages]
    numbers = {}
    ids = np.array([numbers.setdefault(t, len(numbers)) for text in lines for t in text])
    tokens = Tokens()
    table = read_lines(list(numbers), tokens)
    words = np.unique(tokens.hashes[tokens.hashes > 0])[::2]
    pairs = np.unique(table.pairs)[::2]
    learner = net.Learner((len(words), len(pairs)), OWN + 2 + PLACES, 10, 0)
    weights = {name: np.asarray(value) for name, value in learner.weights.items()}
    rows = {"words_rows": learner.rows[0], "pairs_rows": learner.rows[1]}
    stored = without_classes(net.stored(weights | rows, (words, pairs), OWN + 2))
    tags = Tagger(stored | {role: np.zeros(1) for role in ROLES}).tag(
        [page.lines for page in pages]
    )

    count = len(numbers)
    token_hashes = tokens.hashes[table.tokens].reshape(-1)
    by_word = bags(np.repeat(table.token_lines, 3), token_hashes, words, learner.rows[0], count)
    by_pair = bags(table.pair_lines, table.pairs, pairs, learner.rows[1], count)
    own = np.column_stack((table.own, by_word[1], by_pair[1]))
    sizes = np.array([len(text) for text in lines])
    where = placed(table, ids, np.array([b for each in blanks for b in each]), headers, sizes)
    text = np.full(net.LINES, net.TEXTS - 1, np.int32)
    text[: len(ids)] = np.repeat(np.arange(len(sizes)), sizes)

    def padded(values):
        filled = np.zeros((net.LINES, values.shape[1]), np.float32)
        filled[: len(values)] = values
        return filled

    facts = padded(np.concatenate((own[ids], where), axis=1))
    seen = (padded(by_word[0][ids]), padded(by_pair[0][ids]), facts)
    story = np.asarray(net.forward(weights, *seen, text, None)[0])[: len(ids)]

    np.testing.assert_allclose(np.concatenate([t.story for t in tags]), story[:, 0], atol=0.05)


def test_a_class_is_that_of_the_line_or_of_its_header():
    """Boilerplate below a header has the header's class, up to the next line with a class."""
    share, related = CLASSES.index("share"), CLASSES.index("related")
    own = np.array([share, -1, related, -1, share, -1, -1], np.int8)
    chrome = np.array([True, True, True, True, True, True, False])
    names = [CLASSES[at] if at >= 0 else None for at in classes_of(own, chrome)]

    assert ["share", None, "related", "related", "share", None, None] == names
