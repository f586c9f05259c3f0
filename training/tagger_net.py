"""The tagger's net in JAX: its layers, its loss, and how it is learned.

The same arithmetic as ``pipeline/clean/lines/tagger.py``, which runs what is learned here with
numpy: ``stored`` gives its arrays. The second tower sees what the first one says and learned, but
teaches it nothing: what pays for headlines costs story.
"""

from __future__ import annotations

import os

# One thread: the order of sums, and so the result, does not depend on how many cores there are.
os.environ.setdefault(
    "XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
)

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from pipeline.clean.lines.tagger import DILATIONS, ROLES, STEP, TOLD, WEIGHT_STEP

LINES, TEXTS = 4_096, 384
"""Lines and texts of a batch, filled up with lines that weigh nothing."""
STORY_ROW, ROLE_ROW = 24, 8
"""Numbers of a word's row that the first tower sees, and those for the second one alone."""
STORY, ROLE = (96, 48), (64, 32)
"""Widths of each tower's first layer, and of the others."""
ROLE_WEIGHT = 0.3
"""What the roles of a text weigh beside its story."""
RATE, LAST_RATE, WARM_UP = 3e-3, 0.03, 40
"""Step of learning, its share at the end, batches until it is reached."""
DECAY, CLIP = 1e-5, 5.0
DROPPED, DROPPED_LINES = 0.5, 0.05
"""Shares of words and of lines' whole bags that are hidden while learning."""
AVERAGED_FROM, AVERAGED = 0.5, 0.02
"""Share of the batches from which weights are averaged, and what each batch adds."""

Weights = dict[str, Any]
Matrix = NDArray[np.float32]
Bags = tuple[sparse.csr_matrix, sparse.csr_matrix]
"""Of words and of pairs: sparse[lines, rows]."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Texts, one after another.

    Attributes:
        facts: float32[LINES, facts], what is seen beside.
        text: int32[LINES], the text of each line.
        story, weight: float32[LINES], the probability of story, and what the line weighs.
        roles, role_weight: float32[LINES, ROLES], float32[TEXTS, ROLES].
        taught, taught_none, taught_weight: probabilities by teachers that a line has a role, and
            that none has: float32[LINES, ROLES], float32[TEXTS, ROLES]; what they weigh.
    """

    bags: Bags
    facts: Matrix
    text: NDArray[np.int32]
    story: Matrix
    weight: Matrix
    roles: Matrix
    role_weight: Matrix
    taught: Matrix
    taught_none: Matrix
    taught_weight: Matrix


def first_weights(rows: tuple[int, int], facts: int, seed: int) -> tuple[Weights, list[Matrix]]:
    """Random weights of both towers, and the rows of words and of pairs."""
    keys = iter(jax.random.split(jax.random.PRNGKey(seed), 80))
    weights = _tower(keys, "story_", 2 * STORY_ROW + facts, STORY, 1, 0)
    both = 2 * (STORY_ROW + ROLE_ROW)
    weights |= _tower(keys, "roles_", both + facts + 1, ROLE, len(ROLES), len(ROLES))
    dice = np.random.default_rng(seed)
    width = STORY_ROW + ROLE_ROW
    return weights, [dice.normal(0, 0.1, (count, width)).astype(np.float32) for count in rows]


def _tower(
    keys: Iterator[Any], prefix: str, seen: int, widths: tuple[int, int], outs: int, nones: int
) -> Weights:
    first, width = widths

    def dense(rows: int, columns: int, scale: float = 1.0) -> Any:
        return jax.random.normal(next(keys), (rows, columns)) * scale / np.sqrt(rows)

    found: Weights = {
        "first": dense(seen, first, 1.4),
        "first_bias": jnp.zeros(first),
        "in": dense(first, width, 1.4),
        "in_bias": jnp.zeros(width),
        "pool": dense(width, 2),
        "gate": dense(3 * width, width, 0.5),
        "gate_bias": jnp.zeros(width),
        "scale": dense(3 * width, width, 0.5),
        "out": dense(2 * width, width, 1.4),
        "out_bias": jnp.zeros(width),
        "last": dense(width, outs, 0.5),
        "last_bias": jnp.zeros(outs),
    }
    for number in range(len(DILATIONS)):
        found[f"norm{number}"] = jnp.ones(width)
        found[f"near{number}"] = dense(3 * width, width, 1.4)
        found[f"near_bias{number}"] = jnp.zeros(width)
        found[f"add{number}"] = dense(width, width, 0.5)
        found[f"add_bias{number}"] = jnp.zeros(width)
    if nones:
        found |= {"none": dense(3 * width, nones, 0.3), "none_bias": jnp.zeros(nones)}
    return {prefix + name: value for name, value in found.items()}


def _run(weights: Weights, prefix: str, seen: Any, text: Any, key: Any) -> tuple[Any, Any]:
    """Logits of each line and of each text: ``_Tower.run`` of the tagger, without its steps."""
    w = {k.removeprefix(prefix): v for k, v in weights.items() if k.startswith(prefix)}
    total = partial(_sums, text=text)
    h = jax.nn.relu(seen @ w["first"] + w["first_bias"])
    if key is not None:
        h = h * jax.random.bernoulli(key, 0.9, h.shape) / 0.9
    h = h @ w["in"] + w["in_bias"]
    for number, step in enumerate(DILATIONS):
        z = _normed(h) * w[f"norm{number}"]
        z = jnp.concatenate((_shifted(z, text, step), z, _shifted(z, text, -step)), 1)
        z = jax.nn.relu(z @ w[f"near{number}"] + w[f"near_bias{number}"])
        h = h + z @ w[f"add{number}"] + w[f"add_bias{number}"]
    even = _normed(h)
    power = jnp.exp(jnp.clip(h @ w["pool"], -15, 15))
    sums = total(power) + 1e-6
    count = total(jnp.ones((len(text), 1))) + 1e-6
    parts = (
        total(even * power[:, :1]) / sums[:, :1],
        total(even * power[:, 1:]) / sums[:, 1:],
        total(even) / count,
    )
    pooled = jnp.concatenate(parts, 1)
    gate = jax.nn.relu(pooled @ w["gate"] + w["gate_bias"])[text]
    both = jnp.concatenate((even + gate, even * (pooled @ w["scale"])[text]), 1)
    out = jax.nn.relu(both @ w["out"] + w["out_bias"])
    none = pooled @ w["none"] + w["none_bias"] if "none" in w else None
    return out @ w["last"] + w["last_bias"], none


def _normed(h: Any) -> Any:
    return h * jax.lax.rsqrt(jnp.mean(h * h, -1, keepdims=True) + 1e-5)


def _shifted(values: Any, text: Any, by: int) -> Any:
    """Values of the line *by* before, where that is of the same text."""
    return jnp.roll(values, by, 0) * (jnp.roll(text, by) == text)[:, None]


def forward(weights: Weights, words: Any, pairs: Any, facts: Any, text: Any, key: Any) -> Any:
    """Logits of story, of roles, and of no line's having a role."""
    keys = (None, None) if key is None else jax.random.split(key)
    stop = jax.lax.stop_gradient
    own = slice(0, STORY_ROW)
    seen = jnp.concatenate((words[:, own], pairs[:, own], facts), 1)
    story, _ = _run(weights, "story_", seen, text, keys[0])
    rest = slice(STORY_ROW, None)
    told = stop(jnp.clip(story[:, :1], -TOLD, TOLD) / 4)
    columns = (
        stop(words[:, own]),
        words[:, rest],
        stop(pairs[:, own]),
        pairs[:, rest],
        facts,
        told,
    )
    roles, none = _run(weights, "roles_", jnp.concatenate(columns, 1), text, keys[1])
    return story, roles, none


def _loss(weights: Weights, words: Any, pairs: Any, batch: Any, key: Any) -> Any:
    facts, text, story, weight, roles, role_weight, taught, taught_none, taught_weight = batch
    out, role_out, none = forward(weights, words, pairs, facts, text, key)
    s = out[:, 0]
    loss = jnp.sum(weight * (jnp.logaddexp(0, s) - story * s))
    lines, nobody = _log_shares(role_out, none, text)
    right = _sums(jnp.exp(lines) * roles, text)
    has = jax.ops.segment_max(roles, text, TEXTS) > 0
    loss -= ROLE_WEIGHT * jnp.sum(role_weight * jnp.where(has, jnp.log(right + 1e-20), nobody))
    said = _sums(taught * lines, text) + taught_none * nobody
    return (loss - ROLE_WEIGHT * jnp.sum(taught_weight * said)) / 60.0


def _sums(values: Any, text: Any) -> Any:
    return jax.ops.segment_sum(values, text, TEXTS, indices_are_sorted=True)


def _log_shares(lines: Any, none: Any, text: Any) -> tuple[Any, Any]:
    """Logarithms of the probability that each line has each role, and that none of a text has."""
    lines, none = jnp.clip(lines, -20, 20), jnp.clip(none, -20, 20)
    total = jnp.log(_sums(jnp.exp(lines), text) + jnp.exp(none))
    return lines - total[text], none - total


@jax.jit
def said_by(
    learned: Weights, words: Any, pairs: Any, facts: Any, text: Any
) -> tuple[Any, Any, Any]:
    """What a net says of a batch.

    Args:
        learned: ``Learner.averaged``.
        words, pairs: sums of the rows of each line.
        facts, text: see ``Batch``.

    Returns:
        Logits of story: float32[LINES, 1]; logarithms of the probability that each line has each
        role, and that none of a text has: float32[LINES, ROLES], float32[TEXTS, ROLES].
    """
    story, roles, none = forward(learned, words, pairs, facts, text, None)
    return story, *_log_shares(roles, none, text)


_gradient = jax.value_and_grad(_loss, argnums=(0, 1, 2))


def _adam(value: Any, slope: Any, moments: Any, time: Any, rate: Any) -> tuple[Any, Any]:
    slope = slope + DECAY * value
    first = 0.9 * moments[0] + 0.1 * slope
    second = 0.98 * moments[1] + 0.02 * slope * slope
    step = (first / (1 - 0.9**time)) / (jnp.sqrt(second / (1 - 0.98**time)) + 1e-8)
    return value - rate * step, (first, second)


_rows_step = jax.jit(_adam)


@jax.jit
def _step(weights: Any, moments: Any, sums: Any, batch: Any, key: Any, at: Any) -> Any:
    time, rate = at
    loss, (slopes, of_words, of_pairs) = _gradient(weights, *sums, batch, key)
    found = {}
    for prefix in ("story_", "roles_"):
        own = {k: v for k, v in slopes.items() if k.startswith(prefix)}
        size = jnp.sqrt(sum(jnp.sum(v * v) for v in own.values()))
        scale = jnp.minimum(1.0, CLIP / (size + 1e-6))
        for k, v in own.items():
            found[k] = _adam(weights[k], v * scale, moments[k], time, rate)
    return (
        {k: v for k, (v, _) in found.items()},
        {k: m for k, (_, m) in found.items()},
        of_words,
        of_pairs,
        loss,
    )


class Learner:
    """Learns from batch after batch; ``averaged`` is what was learned."""

    def __init__(self, rows: tuple[int, int], facts: int, batches: int, seed: int) -> None:
        self.weights, self.rows = first_weights(rows, facts, seed)
        self.moments = {k: (jnp.zeros_like(v),) * 2 for k, v in self.weights.items()}
        self.row_moments: list[Any] = [(jnp.zeros_like(r),) * 2 for r in self.rows]
        self.key = jax.random.PRNGKey(seed)
        self.dice = np.random.default_rng(seed)
        self.time, self.batches = 0, batches
        self.averaged: dict[str, Matrix] = {}

    def learn(self, batch: Batch) -> float:
        """Take one step; returns the loss."""
        self.time += 1
        done = min(self.time / self.batches, 1.0)
        slope = 0.5 * (1 + np.cos(np.pi * done)) * (1 - LAST_RATE) + LAST_RATE
        rate = RATE * min(1.0, self.time / WARM_UP) * slope
        bags = [self._thinned(bag) for bag in batch.bags]
        sums = [padded(bag @ rows) for bag, rows in zip(bags, self.rows, strict=True)]
        self.key, key = jax.random.split(self.key)
        _, *told = (getattr(batch, each.name) for each in fields(batch))
        at = (float(self.time), float(rate))
        self.weights, self.moments, *slopes, loss = _step(
            self.weights, self.moments, sums, told, key, at
        )
        for n, (bag, of_rows) in enumerate(zip(bags, slopes, strict=True)):
            slope = np.asarray(bag.T @ np.asarray(of_rows)[: bag.shape[0]], np.float32)
            rows, self.row_moments[n] = _rows_step(self.rows[n], slope, self.row_moments[n], *at)
            self.rows[n] = np.asarray(rows)
        if done > AVERAGED_FROM:
            self._average()
        return float(loss)

    def _thinned(self, bag: sparse.csr_matrix) -> sparse.csr_matrix:
        """A bag with some words hidden."""
        thin = bag.copy()
        kept = self.dice.random(len(thin.data)) >= DROPPED
        thin.data = (thin.data * kept / (1 - DROPPED / 2)).astype(np.float32)
        off = self.dice.random(thin.shape[0]) < DROPPED_LINES
        thin.data[np.repeat(off, np.diff(thin.indptr))] = 0
        return thin

    def _average(self) -> None:
        now = {k: np.asarray(v) for k, v in self.weights.items()}
        now |= {"words_rows": self.rows[0], "pairs_rows": self.rows[1]}
        if not self.averaged:
            self.averaged = {k: v.copy() for k, v in now.items()}
        for k, v in now.items():
            self.averaged[k] += AVERAGED * (v - self.averaged[k])


def padded(values: Matrix) -> Matrix:
    """*values* of lines, filled up to those of a batch."""
    found = np.zeros((LINES, values.shape[1]), np.float32)
    found[: len(values)] = values
    return found


def stored(
    learned: Mapping[str, Matrix], hashes: tuple[NDArray[np.uint64], NDArray[np.uint64]], lines: int
) -> dict[str, NDArray[Any]]:
    """The arrays of ``tagger.npz``: weights and rows in their steps.

    Args:
        hashes: of the words and of the pairs that have rows, in order.
        lines: facts that a line has by itself; the others tell its place.
    """
    found: dict[str, NDArray[Any]] = {}
    for name, own in zip(("words", "pairs"), hashes, strict=True):
        rows = learned[f"{name}_rows"]
        largest = np.maximum(np.abs(rows).max(axis=1), 1e-6)
        powers = np.clip(np.floor(np.log2(127 / largest)), 0, np.log2(STEP * 8)).astype(np.int8)
        found[f"{name}_hashes"] = own.astype(np.uint32)
        found[f"{name}_rows"] = np.rint(np.ldexp(rows, powers[:, None])).astype(np.int8)
        found[f"{name}_powers"] = powers
    story, roles = learned["story_first"], learned["roles_first"]
    both = STORY_ROW + ROLE_ROW
    padding = np.zeros((ROLE_ROW, story.shape[1]), np.float32)
    parts = np.split(story, [STORY_ROW, 2 * STORY_ROW])
    story = np.concatenate((parts[0], padding, parts[1], padding, parts[2]))
    first = np.concatenate((story, roles[:-1]), axis=1)
    found["of_lines"], found["of_places"] = np.split(first, [2 * both + lines])
    found["of_story"] = roles[-1]
    found["bias"] = np.concatenate((learned["story_first_bias"], learned["roles_first_bias"]))
    for name, value in learned.items():
        prefix, _, layer = name.partition("_")
        if prefix in ("story", "roles") and not layer.startswith("first"):
            if layer.startswith("near") and value.ndim == 2:
                value = np.concatenate(np.split(value, 3), axis=1)  # noqa: PLW2901
            found[name] = value
    return {
        name: value if value.dtype != np.float32 else _in_steps(value)
        for name, value in found.items()
    }


def _in_steps(weights: Matrix) -> NDArray[np.float16]:
    return (np.rint(weights * WEIGHT_STEP) / WEIGHT_STEP).astype(np.float16)
