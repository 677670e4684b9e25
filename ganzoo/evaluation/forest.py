"""A random forest: the classifier of labelled vectors, always the same."""

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from ganzoo.data.dataset import Data

RECIPE = 1  # raised with any change below
TREES = 100


def trained(data: Data) -> RandomForestClassifier:
    """Fits a forest to labelled vectors; those with label -1 are left out."""
    real, label = data.arrays["real"], data.arrays["label"]
    known = label >= 0
    return RandomForestClassifier(TREES, random_state=0).fit(real[known], label[known])


def probabilities(forest, vectors: np.ndarray, num_classes: int) -> np.ndarray:
    """Shares (n, num_classes) of trees for each class, 0 for one never seen."""
    shares = np.zeros((len(vectors), num_classes))
    shares[:, forest.classes_] = forest.predict_proba(vectors)
    return shares
