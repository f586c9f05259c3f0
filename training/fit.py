"""Regularised logistic regression, dense and sparse: numpy and scipy only, no random state."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import minimize

Floats = NDArray[np.float64]
DENSE_PENALTY = 1e-4
SPARSE_PENALTY = 3e-6
NEWTON_STEPS = 5
SPARSE_STEPS = 120


def fit_dense(x: NDArray[np.float32], y: Floats, weight: Floats) -> tuple[Floats, float]:
    """Weights and bias of the log-odds of *y*, by Newton's method on standardised columns."""
    mean, scale = x.mean(axis=0, dtype=np.float64), x.std(axis=0, dtype=np.float64)
    constant = scale < 1e-4
    scale[constant] = 1.0
    z = np.empty((len(x), x.shape[1] + 1), np.float32)
    np.subtract(x, mean.astype(np.float32), out=z[:, :-1])
    z[:, :-1] /= scale.astype(np.float32)
    z[:, :-1][:, constant] = 0.0
    z[:, -1] = 1.0
    share = weight / weight.sum()
    penalty = np.full(z.shape[1], DENSE_PENALTY)
    penalty[-1] = 1e-7
    b = np.zeros(z.shape[1])
    for _ in range(NEWTON_STEPS):
        p = 1.0 / (1.0 + np.exp(-(z @ b.astype(np.float32)).astype(np.float64)))
        gradient = (share * (p - y)).astype(np.float32) @ z + penalty * b
        curvature = np.maximum(share * p * (1 - p), 1e-12).astype(np.float32)
        hessian = (z.T @ (z * curvature[:, None])).astype(np.float64)
        hessian[np.diag_indices_from(hessian)] += penalty + 1e-7
        b -= np.linalg.solve(hessian, gradient)
    slopes = np.where(constant, 0.0, b[:-1] / scale)
    return slopes, float(b[-1] - (slopes * mean).sum())


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
