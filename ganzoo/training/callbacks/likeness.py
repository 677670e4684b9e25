"""Likeness: how samples differ from real ones, measured in milliseconds."""

import numpy as np
from scipy.spatial.distance import cdist, pdist
from sklearn.cluster import KMeans
from sklearn.metrics import euclidean_distances

REFERENCES = 2000  # real samples that bins, neighbours and classes are known from
FITTED = 512  # of these, for the components
COMPONENTS = 32
BINS, PER_BIN = 20, 12  # bins of real samples; samples that each should get
LEAST = 2 * PER_BIN  # real samples that tell anything
MOST_VALUES = 4096  # of a sample; of larger ones, every k-th value is enough
BLOCK = 100  # samples read at once, which bounds memory
ROUNDING = 1e-6  # distances of copies, as a share of the largest value


class Likeness:
    """Compares samples with real ones.

    Features are the real samples' first 32 principal components, and what these leave
    of a sample: its distance from their span. Samples of up to 32 values are their own
    features.

    Args:
        real: samples (n, ...), LEAST of them or more.
        labels: classes (n,), -1 for none, or tags (n, k) of 0 and 1; None if unknown.
        names: names of the classes or tags; by default their numbers.
        as_samples: brings real samples to the form of those that are compared.
        count: samples that are compared at a time, or all real ones if these are fewer.
    """

    def __init__(self, real, labels=None, names=(), as_samples=np.asarray, count=256):
        rows = np.random.default_rng(0).permutation(len(real))[:REFERENCES]
        blocks = (rows[i : i + BLOCK] for i in range(0, len(rows), BLOCK))
        values = np.concatenate([_values(as_samples(real[block])) for block in blocks])
        self.count = min(count, len(real))
        self.mean, self.span = values.mean(axis=0), None
        if values.shape[1] > COMPONENTS:
            parts = np.linalg.svd(values[:FITTED] - self.mean, full_matrices=False)
            self.span = parts[2][:COMPONENTS].T
        self.known = self._features(values)
        self.real = self.known[: self.count]
        self.nearest = _nearest(values[: self.count])
        self.distinct = _distinct(values[: self.count])
        self.spread = pdist(self.real).mean()
        self.scale = self.spread or 1.0
        apart = cdist(self.known, self.known)
        np.fill_diagonal(apart, np.inf)
        # As near as real samples are to each other, or well within the whole.
        self.reach = max(2 * np.median(apart.min(axis=1)), self.scale / 4)
        bins = min(BINS, self.count // PER_BIN, len(np.unique(self.known, axis=0)))
        self.bins = KMeans(bins, n_init=1, random_state=0).fit(self.known)
        self.shares = _shares(self.bins.labels_, self.bins.n_clusters)
        self.classes = None
        if labels is not None:
            self.classes = _Classes(labels[rows], names, apart.argmin(axis=1))

    def of(self, samples) -> dict:
        """Compares samples (n, ...).

        Returns:
            repeats: median distance of a sample to the nearest other one, as a share
                of that among as many real ones: 0 if all are alike. Where most real
                samples have exact copies, the number of different samples, as a share
                of that of real ones.
            missed: share of the real samples that lie where hardly any sample does: in
                bins that have less than a fifth of the samples they should.
            lost: names of the classes that hardly any sample shows, by its nearest real
                neighbour; left out where classes are not known.
            distance: energy distance (Szekely and Rizzo 2013), as a share of the mean
                distance between real ones: 0 if samples are like them, about 1 for
                noise.
            near: True if most samples lie as near to a real one as real ones do.
        """
        values = _values(samples)
        features = self._features(values)
        apart = cdist(features, self.known)
        shares = _shares(self.bins.predict(features), self.bins.n_clusters)
        repeats = (
            _nearest(values) / self.nearest
            if self.nearest
            else _distinct(values) / self.distinct
        )
        measured = {
            "repeats": round(float(repeats), 3),
            "missed": round(float(self.shares[5 * shares < self.shares].sum()), 3),
            "distance": round(float(self._distance(features)), 3),
            "near": bool(np.median(apart.min(axis=1)) < self.reach),
        }
        if self.classes:
            measured["lost"] = self.classes.lost(apart.argmin(axis=1))
        return measured

    def _features(self, values):
        centred = values - self.mean
        if self.span is None:
            return centred.astype("float64")
        parts = centred @ self.span
        rest = np.linalg.norm(centred - parts @ self.span.T, axis=1)
        return np.column_stack([parts, rest]).astype("float64")

    def _distance(self, features):
        between = cdist(features, self.real).mean()
        return (2 * between - pdist(features).mean() - self.spread) / self.scale


class _Classes:
    """Classes that samples show, by their nearest real neighbours.

    A neighbour may be of another class. Real samples, each without itself, show how
    often a class appears at all, and how often only by mistake for another. A class is
    lost if samples show it less often than the mistakes plus a quarter of the
    difference.
    """

    def __init__(self, labels, names, neighbours):
        known, self.shown = np.full(len(labels), True), labels.astype(bool)
        if labels.ndim == 1:
            known = labels >= 0
            self.shown = labels[:, np.newaxis] == np.arange(labels.max() + 1)
        self.names = names or range(self.shown.shape[1])
        votes = self.shown[neighbours]
        others = known[:, np.newaxis] & ~self.shown
        mistaken = (votes & others).sum(axis=0) / np.maximum(others.sum(axis=0), 1)
        self.share = votes.mean(axis=0)
        self.least = mistaken + (self.share - mistaken) / 4

    def lost(self, neighbours) -> str:
        """Names of the lost classes, of samples' nearest neighbours by number."""
        shares = self.shown[neighbours].mean(axis=0)
        # Only classes whose share is two standard deviations above what is called lost.
        spread = np.sqrt(self.share / len(neighbours))
        lost = (self.share - self.least > 2 * spread) & (shares < self.least)
        return ", ".join(str(self.names[i]) for i in np.flatnonzero(lost))


def _values(samples) -> np.ndarray:
    """Float32 values (n, d) of samples, at most MOST_VALUES of each."""
    flat = samples.reshape(len(samples), -1)
    return flat[:, :: -(-flat.shape[1] // MOST_VALUES)].astype("float32")


def _nearest(values):
    """Median distance of a sample to the nearest other one."""
    apart = euclidean_distances(values.astype("float64"))
    np.fill_diagonal(apart, np.inf)
    nearest = apart.min(axis=1)
    nearest[nearest < ROUNDING * np.abs(values).max()] = 0
    return float(np.median(nearest))


def _distinct(values):
    return len(np.unique(values, axis=0))


def _shares(bins, count):
    return np.bincount(bins, minlength=count) / len(bins)
