"""`augmentation`: does a model's data help a classifier of the data set?"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import stats

from ganzoo.data.dataset import Data
from ganzoo.data.jitter import Jitter
from ganzoo.evaluation import classifier, small_networks
from ganzoo.evaluation.evaluate import parts_of
from ganzoo.models.from_noise import check_latents
from ganzoo.runs.directory import read_config
from ganzoo.runs.load import load
from ganzoo.utils.options import check_whole

SHIFT = 8  # the image's side over this is the largest shift of an image
ALONE = "real alone"


@dataclass(frozen=True, eq=False)
class Augmentation:
    """Accuracies of a classifier on held-out data, by what it was trained on.

    Attributes:
        accuracies: by arm, one for each seed; `real alone` first.
        notes: sizes and conditions.
    """

    accuracies: dict[str, list[float]]
    notes: list[str]

    def gain(self, arm: str) -> tuple[float, float]:
        """Mean gain over real data alone, and half of its 95% interval.

        Student's interval of the differences seed by seed: both have the same start.
        """
        pairs = zip(self.accuracies[arm], self.accuracies[ALONE], strict=True)
        gains = np.array([a - b for a, b in pairs])
        half = stats.t.ppf(0.975, len(gains) - 1) * stats.sem(gains)
        return float(gains.mean()), float(half)

    def table(self) -> str:
        """Returns the arms as lines of text, each with its answer."""
        width = max(map(len, self.accuracies))
        lines = []
        for arm, values in self.accuracies.items():
            line = f"{arm:<{width}}  {np.mean(values):.2%}"
            if arm != ALONE:
                gain, half = self.gain(arm)
                low, high = gain - half, gain + half
                answer = (
                    "helps" if low > 0 else "harms" if high < 0 else "no difference"
                )
                line += f"  {100 * gain:+.2f} +- {100 * half:.2f} points: {answer}"
            lines.append(line)
        return "\n".join([*lines, *self.notes])


def augmentation(
    source: str | Path,
    *,
    shares: Sequence[float] = (0.5, 1.0, 4.0),
    seeds: int = 5,
    data_dir: str | Path | None = None,
) -> Augmentation:
    """Trains a classifier on real data, and on real data with more, and tests each.

    The arms: the labelled images of the run's training split alone; the same with
    random flips and shifts of an eighth of the side; the same with samples of the
    model, labelled as they were asked for, in several shares. The model has learnt from
    the same images and no others, or its samples would bring their knowledge along.
    Every arm takes the same number of steps of the same size.

    Args:
        source: the run directory of a model that samples by label.
        shares: numbers of samples, as shares of the number of real images.
        seeds: number of trainings of each arm, from 2, each with its own start, order
            and samples.
        data_dir: as in `load_data`, if it differs from the run's.

    Raises:
        ValueError: no run directory, a model without latents or labels, a data set
            without labels or without a test split, a share that is not above 0 or not
            finite, or one of less than a sample.
    """
    check_whole(2, seeds=seeds)
    if not all(0 < share < np.inf for share in shares):
        raise ValueError(
            f"`shares` must be finite and above 0. Received: {list(shares)}."
        )
    run = read_config(source)
    if run is None:
        raise ValueError(
            f"{source} is no run directory, whose data, which the model learnt from, "
            "are the real ones of this comparison."
        )
    model = load(source)
    check_latents(model)
    if not model.conditional or not model.num_classes:
        raise ValueError(
            "Samples need a class to train a classifier: use a model of classes, such "
            f"as cgan or acgan. Received: {type(model).__name__} without classes."
        )
    if len(model.sample_shape) != 3:
        raise ValueError(
            "This comparison is for images; `ganzoo evaluate` compares classifiers of "
            f"vectors (gan_train_accuracy). Received: samples {model.sample_shape}."
        )
    parts = parts_of(run, model, data_dir=data_dir)
    if parts.held_out is None:
        raise ValueError(
            f"The data set {parts.train.name!r} has no test split to test on."
        )
    return compare_arms(model, parts.train, parts.held_out, shares, seeds)


def compare_arms(model, train: Data, test: Data, shares, seeds) -> Augmentation:
    """As `augmentation`, with the model and the sets themselves."""
    known = np.flatnonzero(train.arrays["label"] >= 0)
    real = {key: np.asarray(train.arrays[key][known]) for key in ("real", "label")}
    arms: dict[str, list[float]] = {}
    for seed in range(seeds):
        trained = {
            ALONE: (real, None),
            "real, flips and shifts": _shifted(real),
            **{
                f"real + {share:g} x samples": (
                    _joined(model, train, real, share, seed),
                    None,
                )
                for share in shares
            },
        }
        for arm, (arrays, jitter) in trained.items():
            accuracy = _accuracy(arrays, jitter, test, train.num_classes, seed)
            arms.setdefault(arm, []).append(accuracy)
    notes = [
        f"{len(known)} real images of {train.num_classes} classes, {len(test)} to "
        f"test, {seeds} seeds, {classifier.STEPS} steps; 95% intervals of the gain."
    ]
    return Augmentation(arms, notes)


def _shifted(real):
    """Images with their edges repeated outwards, and the crops and flips of these."""
    height, width = real["real"].shape[1:3]
    down, across = height // SHIFT, width // SHIFT
    room = [(0, 0), (down, down), (across, across), (0, 0)]
    wide = {**real, "real": np.pad(real["real"], room, mode="edge")}
    return wide, Jitter({"real": (height, width)}, flip=True)


def _joined(model, train, real, share, seed):
    """Real images and samples with the labels that the real ones have."""
    count = round(share * len(real["label"]))
    if not count:
        raise ValueError(
            f"`shares` must make at least one sample of {len(real['label'])} real "
            f"images. Received: {share:g}."
        )
    labels = np.random.default_rng(seed).choice(real["label"], count)
    samples = model.sample(count, seed=seed + 1, label=train.named(labels))
    return {
        "real": np.concatenate([real["real"], samples]),
        "label": np.concatenate([real["label"], labels]),
    }


def _accuracy(arrays, jitter, test, num_classes, seed):
    network = classifier.network(test.sample_shape, num_classes, seed=seed)
    classifier.fit(network, arrays, seed=seed, jitter=jitter)
    chances = small_networks.batched(
        lambda x: network(x)["probabilities"], test.arrays["real"]
    )
    return classifier.accuracy(chances, test.arrays["label"])
