"""What a role is chosen by is fitted to texts in which a line has it and to texts without."""

import numpy as np

from training.choices import Text, fit_choice

FEATURES, SHARE, OTHER = 8, 0, 3


def texts():
    """Two hundred texts of three candidates: where a share is high, that line has the role."""
    dice = np.random.default_rng(5)
    for number in range(200):
        rows = np.zeros((3, FEATURES))
        rows[:, OTHER] = dice.normal(size=3)
        right = np.zeros(3, np.bool_)
        right[number % 3] = number % 2
        rows[:, SHARE] = np.where(right, 2.0, -2.0) + dice.normal(size=3)
        yield Text(str(number), rows, right)


def chances(weights, rows):
    """The probability of each candidate."""
    powers = np.exp(rows @ weights[:-1] + weights[-1])
    return powers / (1 + powers.sum())


def test_what_tells_candidates_apart_gets_weight_and_noise_gets_none():
    """And a text without the role gives no candidate a high probability."""
    weights = fit_choice(list(texts()))

    assert weights[SHARE] > 1.0
    assert abs(weights[OTHER]) < weights[SHARE] / 4
    assert chances(weights, np.eye(1, FEATURES) * 3)[0] > 0.9
    assert chances(weights, np.eye(1, FEATURES) * -3)[0] < 0.1


def test_texts_of_a_page_weigh_as_much_as_one():
    """Copies of a text under its page's name change nothing."""
    found = list(texts())
    again = fit_choice([text for text in found for _ in range(3)])

    np.testing.assert_allclose(again, fit_choice(found), atol=1e-3)
