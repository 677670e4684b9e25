"""Fixed random features, for parity with other programs: NumPy alone, no ganzoo."""

import numpy as np

SUBSETS, SUBSET_SIZE = 10, 50


def feature_sets():
    """Name -> (real, fake), float64; drawn from a stream that NumPy has frozen."""
    rng = np.random.RandomState(0)
    mix = rng.randn(32, 32) / 4
    wide = rng.randn(24, 96)
    return {
        "correlated": (rng.randn(900, 32) @ mix, rng.randn(700, 32) @ mix * 1.2 + 0.1),
        # Fewer samples than dimensions: both covariances are singular.
        "few": (rng.randn(60, 100), rng.randn(80, 100) * 0.7 + 0.3),
        # Like pooled activations: never negative, many zeros, nearly singular.
        "sparse": (
            np.maximum(0, rng.randn(500, 24) @ wide),
            np.maximum(0, rng.randn(600, 24) @ wide - 1),
        ),
    }


def kid_rows(real_count, fake_count, seed=2020):
    """The subsets that torch-fidelity draws: of real and fake in turn."""
    rng = np.random.RandomState(seed)
    pairs = [
        (
            rng.choice(real_count, SUBSET_SIZE, replace=False),
            rng.choice(fake_count, SUBSET_SIZE, replace=False),
        )
        for _ in range(SUBSETS)
    ]
    return tuple(np.array(rows) for rows in zip(*pairs, strict=True))


def logits():
    """Logits (600, 10) of a classifier that is mostly sure."""
    return np.random.RandomState(1).randn(600, 10) * 3
