"""Weights of the pair model, as training/train_pairs.py fitted them."""

BIAS = -5.0667

WEIGHTS = {
    "rare": 4.5769,
    "contained": -3.1544,
    "figures": 1.7915,
    "figures_missing": -1.7435,
    "coverage": 5.8557,
    "weaker_half": 1.1030,
    "lead": 0.3226,
    "longer_lead": 2.6014,
    "length": 0.9420,
    "hours_apart": -1.4842,
    "dated": 2.1933,
}
