"""Fitting: the same answer whatever the order of sums, and the one that is right."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from training.fit import fit_dense, fit_sparse


def sample(rows=4_000):
    """Rows of three columns, one of them constant, and labels that follow the first two."""
    draw = np.random.default_rng(3)
    x = draw.normal(size=(rows, 3)).astype(np.float32)
    x[:, 2] = 1.0
    log_odds = 2.0 * x[:, 0] - 1.0 * x[:, 1] + 0.5
    y = (draw.random(rows) < 1.0 / (1.0 + np.exp(-log_odds))).astype(float)
    return x, y, np.ones(rows)


def test_the_dense_fit_finds_what_made_the_labels():
    """Slopes and bias come out again; a constant column gets none."""
    slopes, bias = fit_dense(*sample())

    np.testing.assert_allclose([2.0, -1.0, 0.0], slopes, atol=0.2)
    assert abs(bias - 0.5) < 0.15


def test_the_order_of_rows_leaves_no_trace():
    """Four decimals, which the file keeps, are the same for shuffled rows."""
    x, y, w = sample()
    order = np.random.default_rng(5).permutation(len(x))
    slopes, bias = fit_dense(x, y, w)
    again, bias_again = fit_dense(x[order], y[order], w[order])

    np.testing.assert_allclose(slopes, again, atol=1e-6)
    assert abs(bias - bias_again) < 1e-6


def test_the_sparse_fit_tells_words_apart():
    """A word of chrome lines weighs down, one of the story's lines up."""
    x = sp.csr_matrix(np.array([[1, 0, 1], [0, 1, 1]] * 50, float))
    y = np.array([0.0, 1.0] * 50)
    weights = fit_sparse(x, y, np.ones(100), free=1)

    assert weights[0] < -1 < 1 < weights[1]
