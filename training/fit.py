"""Regularised logistic regression, dense and sparse: numpy and scipy only, no random state."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize
from scipy.special import expit

Floats = NDArray[np.float64]
DENSE_PENALTY = 1e-4
SPARSE_PENALTY = 3e-6
NEWTON_STEPS = 40
NEAR, STEADY = 0.05, 0.5
"""Length of a step, and share of the last one, above which curvature is taken anew: below both
the optimum is near, where it hardly changes."""
HALVINGS = 30
"""Times that a step which leads uphill is halved."""
ROUNDING = 1e-12
SMALLEST_STEP = 1e-5
CONSTANT = 1e-4
"""Spread below which a column says nothing."""
CHUNK = 20_000
SPARSE_STEPS = 120


def fit_dense(
    x: NDArray[np.float32],
    y: Floats,
    weight: Floats,
    start: tuple[Floats, float] | None = None,
    within: float = SMALLEST_STEP,
    smallest_scale: float = CONSTANT,
) -> tuple[Floats, float]:
    """Weights and bias of the log-odds of *y*, by Newton's method on standardised columns.

    The optimum is unique: *start*, weights and bias near it, only saves steps. The last step is
    shorter than *within*. A column whose spread is below *smallest_scale* is held back the more,
    the less it varies: what a few pages have alone says nothing of others.
    """
    z, mean, scale, constant = _standardised(x, smallest_scale)
    share = weight / weight.sum()
    penalty = np.full(z.shape[1], DENSE_PENALTY)
    penalty[-1] = 1e-7
    b = np.zeros(z.shape[1])
    if start is not None:
        b[:-1] = np.where(constant, 0.0, start[0] * scale)
        b[-1] = start[1] + (start[0] * mean).sum()
    b = _newton(z, y, share, penalty, b, within)
    slopes = np.where(constant, 0.0, b[:-1] / scale)
    return slopes, float(b[-1] - (slopes * mean).sum())


def _standardised(
    x: NDArray[np.float32], smallest_scale: float
) -> tuple[NDArray[np.float32], Floats, Floats, NDArray[np.bool_]]:
    """Columns of like spread and one of ones; means, spreads, and which say nothing."""
    mean, scale = x.mean(axis=0, dtype=np.float64), x.std(axis=0, dtype=np.float64)
    constant = scale < CONSTANT
    scale[constant] = 1.0
    np.maximum(scale, smallest_scale, out=scale)
    z = np.empty((len(x), x.shape[1] + 1), np.float32)
    np.subtract(x, mean.astype(np.float32), out=z[:, :-1])
    z[:, :-1] /= scale.astype(np.float32)
    z[:, :-1][:, constant] = 0.0
    z[:, -1] = 1.0
    return z, mean, scale, constant


def _newton(
    z: NDArray[np.float32], y: Floats, share: Floats, penalty: Floats, b: Floats, within: float
) -> Floats:
    """The weights that lose least, from *b* on; steps that lead uphill are halved."""
    largest, factor = np.inf, None
    scores = _scores(z, b)
    value = _loss(scores, y, share, penalty, b)
    for _ in range(NEWTON_STEPS):
        p = expit(scores)
        if factor is None:
            factor = cho_factor(_curvature(z, share * p * (1 - p)) + np.diag(penalty + 1e-7))
        step = cho_solve(factor, penalty * b + _gradient(z, share * (p - y)))
        for _ in range(HALVINGS):
            scores = _scores(z, b - step)
            reached = _loss(scores, y, share, penalty, b - step)
            if reached <= value + ROUNDING:
                break
            # Too far: where lines weigh unlike, curvature at the start says little of the way.
            step, factor = step / 2.0, None
        b, value = b - step, reached
        before, largest = largest, float(np.abs(step).max())
        if largest < within:
            break
        if largest > min(NEAR, STEADY * before):
            factor = None
    return b


def _loss(scores: Floats, y: Floats, share: Floats, penalty: Floats, b: Floats) -> float:
    """Mean negative log-likelihood and the penalty on the weights *b*."""
    fit = share @ (np.logaddexp(0.0, scores) - y * scores)
    return float(fit + 0.5 * (penalty * b * b).sum())


def _scores(z: NDArray[np.float32], b: Floats) -> Floats:
    """Log-odds of each row; in double precision, so that the order of sums leaves no trace."""
    parts = range(0, len(z), CHUNK)
    return np.concatenate([z[i : i + CHUNK].astype(np.float64) @ b for i in parts])


def _curvature(z: NDArray[np.float32], curvature: Floats) -> Floats:
    """Second derivatives; in single precision, for they only set the way to the optimum."""
    weight = np.maximum(curvature, 1e-12).astype(np.float32)
    total = np.zeros((z.shape[1], z.shape[1]))
    for i in range(0, len(z), CHUNK):
        part = z[i : i + CHUNK]
        total += part.T @ (part * weight[i : i + CHUNK, None])
    return total


def _gradient(z: NDArray[np.float32], error: Floats) -> Floats:
    """Sum of the rows, each times its error; in double precision."""
    total = np.zeros(z.shape[1])
    for i in range(0, len(z), CHUNK):
        total += error[i : i + CHUNK] @ z[i : i + CHUNK].astype(np.float64)
    return total


def fit_sparse(x: sp.csr_matrix, y: Floats, weight: Floats, free: int) -> Floats:
    """Weights of the columns of *x*; the last *free* columns are hardly held back."""
    share = weight / weight.sum()
    penalty = np.full(x.shape[1], SPARSE_PENALTY)
    penalty[x.shape[1] - free :] = 1e-7
    transposed = x.T.tocsr()

    def loss(b: Floats) -> tuple[float, Floats]:
        m = x @ b
        p = 1.0 / (1.0 + np.exp(-m))
        value = (share * (np.logaddexp(0.0, m) - y * m)).sum() + 0.5 * (penalty * b * b).sum()
        return float(value), transposed @ (share * (p - y)) + penalty * b

    found = minimize(
        loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": SPARSE_STEPS}
    )
    return np.asarray(found.x, np.float64)
