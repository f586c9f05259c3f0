"""Weights of the pair model, as training/train_pairs.py fitted them."""

BIAS = -5.021

WEIGHTS = {
    "rare": 4.550,
    "contained": -3.953,
    "figures": 1.920,
    "figures_missing": -1.703,
    "coverage": 4.562,
    "coverage_squared": 2.232,
    "weaker_half": 0.723,
    "lead": 0.250,
    "longer_lead": 2.770,
    "length": 0.840,
    "hours_apart": -1.480,
    "dated": 2.372,
}
