"""Linear separability of classes by features, such as a discriminator's."""

import numpy as np

from ganzoo.metrics.arrays import check_features


def linear_svm_accuracy(
    train_features: np.ndarray,
    train_labels: np.ndarray,
    test_features: np.ndarray,
    test_labels: np.ndarray,
    *,
    penalty: float = 1e-3,
) -> float:
    """Share of test samples that a linear L2-SVM fitted on train classifies correctly.

    The use of D's features in Radford et al. 2016 (arXiv 1511.06434), section 5.1. Each
    feature is scaled by its mean and deviation on the training set. The paper does not
    state its penalty.

    Args:
        train_features: `(N, d)`.
        train_labels: `(N,)`, whole numbers, two classes or more.
        test_features: `(M, d)`.
        test_labels: `(M,)`.
        penalty: C of the SVM, the cost of errors relative to the size of the weights.

    Raises:
        ValueError: NaN, infinite or constant features, different widths, labels that
            do not fit their features, or only one class.
    """
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import LinearSVC

    train, test = check_features(train=train_features, test=test_features)
    train_labels = _labels("train", train, train_labels)
    test_labels = _labels("test", test, test_labels)
    if len(np.unique(train_labels)) < 2:
        raise ValueError(
            f"A classifier needs two classes. Received: only {train_labels[0]}."
        )
    # The primal problem: the dual's solver stops short of a solution on wide features.
    svm = make_pipeline(StandardScaler(), LinearSVC(C=penalty, dual=False))
    svm.fit(train.astype(np.float64), train_labels)
    return float(svm.score(test.astype(np.float64), test_labels))


def _labels(name: str, features: np.ndarray, labels: np.ndarray) -> np.ndarray:
    labels = np.asarray(labels)
    if labels.shape != features.shape[:1] or labels.dtype.kind not in "iu":
        raise ValueError(
            f"{name}: one whole number a sample is needed, {features.shape[:1]}. "
            f"Received: {labels.dtype} of shape {labels.shape}."
        )
    return labels
