"""Sets of images that are worse than real ones in a known way, and all their scores."""

import numpy as np
from experiment import flat
from scipy.ndimage import gaussian_filter
from sklearn.cluster import MiniBatchKMeans
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis

from ganzoo import metrics

REAL = "real test set"
# What each kind holds, from little to much harm.
ORDERED = {
    "noise": ["noise 0.1", "noise 0.2", "noise 0.4"],
    "blur": ["blur 0.5", "blur 1", "blur 2"],
    "dropped": ["one class dropped", "five classes dropped", "one digit repeated"],
}
COPIED, MEANS = "training set copied", "k-means centres"
EACH = "one digit of each class repeated"


def spoiled(reference, pool, labels, count, seed=0):
    """Name -> `count` uint8 images, made of a pool of real ones or of the reference.

    Nothing is drawn twice but where that is the harm, so the pool needs `count` images
    outside of the last five classes.
    """
    rng = np.random.default_rng(seed)

    def take(classes):
        rows = np.flatnonzero(np.isin(labels, classes))
        return pool[rng.choice(rows, count, replace=False)]

    real = take(range(10))
    clean = [_clean(np.flatnonzero(labels == label), pool) for label in range(10)]
    sets = {REAL: real}
    for level in (0.1, 0.2, 0.4):
        noisy = real + 255 * rng.normal(0, level, real.shape)
        sets[f"noise {level}"] = _uint8(noisy)
    for width in (0.5, 1, 2):
        blurred = gaussian_filter(real.astype(float), (0, width, width, 0))
        sets[f"blur {width}"] = _uint8(blurred)
    sets["one class dropped"] = take(range(9))
    sets["five classes dropped"] = take(range(5))
    sets["one digit repeated"] = pool[clean[:1]].repeat(count, axis=0)
    sets[EACH] = pool[np.resize(clean, count)]
    sets[COPIED] = reference[:count]
    return sets


def k_means(images, count, iterations):
    """The centres of `count` clusters, as images."""
    means = MiniBatchKMeans(
        count,
        init="random",
        n_init=1,
        max_iter=iterations,
        batch_size=4 * count,
        reassignment_ratio=0,
        random_state=0,
    )
    centers = means.fit(flat(images)).cluster_centers_
    return _uint8(255 * centers).reshape(-1, *images.shape[1:])


class Scorer:
    """All scores of a set against one reference, on PCA features of its pixels."""

    def __init__(self, reference, held_out, train, train_labels, width=64):
        """Takes what is scored against, validation images, a classifier's training."""
        self.reference, self.held_out = reference, held_out
        self.pca = PCA(width, svd_solver="full").fit(flat(reference))
        self.scale = np.sqrt(self.pca.explained_variance_.mean())
        self.classifier = QuadraticDiscriminantAnalysis(reg_param=0.1)
        self.classifier.fit(self.features(train), train_labels)

    def features(self, images):
        """Principal components, scaled to a mean variance of 1."""
        return self.pca.transform(flat(images)) / self.scale

    def accuracy(self, images, labels):
        return float(self.classifier.score(self.features(images), labels))

    def scores(self, images):
        """Every score of these images by its name."""
        real, fake = self.features(self.reference), self.features(images)
        size = min(1000, len(real) // 2)
        probabilities = self.classifier.predict_proba(fake)
        classes = metrics.class_coverage(probabilities.argmax(axis=1), 10)
        pixels = flat(images)
        sigma = metrics.parzen_sigma(flat(self.held_out), pixels)
        found = metrics.memorisation(pixels, flat(self.held_out), flat(self.reference))
        return {
            "Frechet distance": metrics.frechet_distance(real, fake),
            "kernel distance": metrics.kernel_distance(
                real, fake, subsets=20, subset_size=size
            ),
            "sliced Wasserstein": metrics.sliced_wasserstein(real, fake),
            **metrics.precision_recall(real, fake),
            "1-NN accuracy": metrics.two_sample_accuracy(real, fake),
            "classifier score": metrics.classifier_score(probabilities)[0],
            "class KL": classes["reverse_kl"],
            "Parzen, nats": metrics.parzen_log_likelihood(
                flat(self.held_out), pixels, sigma
            ),
            "nearer than held-out": found["nearer"],
        }


def _clean(rows, pool):
    """The row whose image is nearest to the mean of them all."""
    pixels = flat(pool[rows])
    return rows[((pixels - pixels.mean(axis=0)) ** 2).sum(axis=1).argmin()]


def _uint8(images):
    return np.rint(np.clip(images, 0, 255)).astype("uint8")
