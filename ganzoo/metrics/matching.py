"""Matching: is a sample nearer to its own target than to others?"""

import numpy as np

from ganzoo.metrics.arrays import check_features, squared_distances


def matching_accuracy(
    real: np.ndarray, fake: np.ndarray, labels: np.ndarray | None = None
) -> float:
    """Share of fakes i nearer to real i than to another real sample; ties one half.

    In a forced choice between two, 0.5 is chance. Among samples of one label, a model
    that knows no more than the label stays at chance.

    Args:
        real: `(N, d)`, the targets of the fakes.
        fake: `(N, d)`, one for each target.
        labels: `(N,)`: compares with others of the same label; by default with all.

    Returns:
        The mean over the samples that have others, all weighted equally.

    Raises:
        ValueError: sets of different sizes, no two samples of a label, NaN, infinite
            or constant samples, different widths, uint8 next to floats.
    """
    real, fake = check_features(real=real, fake=fake)
    labels = np.zeros(len(real), int) if labels is None else np.asarray(labels)
    if not len(real) == len(fake) == len(labels):
        raise ValueError(
            "Matching needs one fake, and one label if any, for each real sample. "
            f"Received: {len(real)} real, {len(fake)} fake, {len(labels)} labels."
        )
    _, group, counts = np.unique(labels, return_inverse=True, return_counts=True)
    others = counts[group] - 1
    if not others.any():
        raise ValueError(
            f"No two of the {len(real)} samples have one label; none has another to "
            "be told from."
        )
    own = np.empty(len(fake))
    for r, c, block in squared_distances(fake, real):
        rows = np.arange(max(r.start, c.start), min(r.stop, c.stop))
        own[rows] = block[rows - r.start, rows - c.start]
    won = np.full(len(fake), -0.5)  # its own target, which ties with itself
    for r, c, block in squared_distances(fake, real):
        nearer = (own[r, None] < block) + (own[r, None] == block) / 2
        won[r] += np.where(labels[r, None] == labels[None, c], nearer, 0).sum(axis=1)
    return float(np.mean(won[others > 0] / others[others > 0]))
