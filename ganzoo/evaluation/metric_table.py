"""The table of scores: the needs of each, and its computation.

A row is a function of a `Scorer`, which holds the real data, and of a `View` of the
samples. Which rows apply to a data set follows from its contents, never from its name.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from ganzoo import metrics
from ganzoo.evaluation import classifier, perceptual, source_reader

NGRAMS = (1, 2, 3, 4)
K = 5  # neighbour of precision and recall
LEAST = K + 1  # samples
PARZEN_VALIDATION = 1000
WINDOW = 11  # pixels of the window of MS-SSIM


@dataclass(frozen=True)
class Metric:
    """A row of the table.

    Attributes:
        better: for each score of `function`: `lower`, `higher` or `floor`, which means
            nearer to the score of real data.
        function: (real, fake, **options) to a number, or to a dict of numbers by score.
        needs: facts of `Scorer.facts` that must hold.
        options: options of the function, by n; the protocol states them.
        floor: the role of the real samples whose score is shown next to the fakes', or
            that score itself.
        reads: what reads the fakes, as the protocol names it in `Scorer.conditions`.
        least: samples that it needs.
        extra: computed only by name and in thorough evaluations, since it takes long.
        named: computed only by name, since it takes very long.
        jackknife: a thorough evaluation gives it an interval over the samples.
        left_out: (real, fake, group, **options) to its dict of numbers without each
            group of the samples, where that is cheaper than one set after another.
    """

    better: Mapping[str, str]
    function: Callable
    needs: tuple[str, ...] = ()
    options: Callable[[int], dict] = lambda n: {}
    floor: str | float = "test"
    reads: str = "extractor"
    least: int = LEAST
    extra: bool = False
    named: bool = False
    jackknife: bool = False
    left_out: Callable | None = None


def _frechet(real, fake):
    return metrics.frechet_distance(real.reference.moments, fake.moments)


def _frechet_by_size(name):
    def function(real, fake):
        values = metrics.frechet_by_size(real.reference.features, fake.features)
        return {f"{name}_{size}": value for size, value in values.items()}

    better = {f"{name}_{size}": "lower" for size in ("quarter", "half", "infinity")}
    return better, function


def _of_features(function):
    """Compares features of the reference with those of the samples."""

    def compared(real, fake, *group, **options):
        return function(real.reference.features, fake.features, *group, **options)

    return compared


def _monge_options(n):
    return {"projections": 1000, "seed": 0}


def _kid(real, fake, subsets, subset_size, seed):
    """Subsets as torch-fidelity draws them: of the samples and of real data in turn."""
    sets = fake.features, real.reference.features
    size = min(subset_size, *map(len, sets))
    rng = np.random.RandomState(seed)
    draws = [
        [rng.choice(len(x), size, replace=False) for x in sets] for _ in range(subsets)
    ]
    return metrics.kernel_distances(*sets, *np.swapaxes(draws, 0, 1)).mean()


def _kernel_left_out(name):
    """The intervals of kernel distances are those of all pairs, not of subsets."""

    def left_out(real, fake, group, **of_subsets):
        sets = real.reference.features, fake.features
        return [{name: v} for v in metrics.kernel_distance_left_out(*sets, group)]

    return left_out


def _inception_score(real, fake, splits, seed):
    """In a random order, as torch-fidelity."""
    p = fake.probabilities
    order = np.random.RandomState(seed).permutation(len(p))
    return metrics.classifier_score(p[order], splits)[0]


def _memorisation(real, fake):
    distances, held = (x.nearest(real.training)[0] for x in (fake, real.test))
    scores = metrics.memorisation_of(distances, held)
    return {key: scores[key] for key in ("nearer", "copies")}


def _copying(real, fake):
    sets = (fake.features, real.test.features, real.training.features)
    return metrics.data_copying(*sets)


def _authentic(real, fake):
    training = real.training
    return metrics.authenticity_of(*fake.nearest(training), training.features)


def _class_coverage(real, fake, shares):
    classes = real.parts.train.num_classes
    labels = getattr(real, shares).data.arrays["label"]
    counts = np.bincount(labels[labels >= 0], minlength=classes)
    coverage = metrics.class_coverage(
        fake.probabilities.argmax(axis=1), classes, counts / counts.sum()
    )
    return {"classes": coverage["modes"], "class_kl": coverage["reverse_kl"]}


def _mode_coverage(real, fake):
    mixture = real.parts.train.mixture
    return metrics.mode_coverage(fake.samples, mixture.centers, mixture.std)


def _parzen(real, fake, validation):
    sigma = metrics.parzen_sigma(real.validation.pixels[:validation], fake.pixels)
    return metrics.parzen_log_likelihood(real.test.pixels, fake.pixels, sigma)


def _gan_train(score):
    """A classifier of fakes, on real test data (CAS; Ravuri and Vinyals 2019)."""

    def scored(real, fake):
        test = real.test.data.arrays
        answers = fake.classifier.run(test["real"])["probabilities"]
        return score(answers, test["label"])

    return scored


def _gan_test(real, fake):
    """A classifier of real data, on fakes (GAN-test; Shmelkov et al. 2018)."""
    answers = real.classifier.run(fake.samples)["probabilities"]
    return classifier.accuracy(answers, fake.data.arrays["label"])


def _pair(function):
    """Scores translations against the targets of the test part."""
    return lambda real, fake: function(real.test.samples, fake.samples)


def _matching(real, fake):
    """Scores samples of captions against the images that these describe."""
    labels = real.test.data.arrays.get("label")
    return metrics.matching_accuracy(real.test.pixels, fake.pixels, labels)


def _strings(real, fake):
    written = real.parts.train.codec.strings(fake.samples)
    return metrics.string_scores(written, real.known)


def _ngrams(real, fake):
    codec = real.parts.train.codec
    strings = [codec.strings(view.samples) for view in (real.reference, fake)]
    return {f"js_{n}": metrics.ngram_divergence(*strings, n) for n in NGRAMS}


METRICS = (
    Metric({"fid": "lower"}, _frechet, ("network of FID",), least=2049, jackknife=True),
    Metric(*_frechet_by_size("fid"), ("network of FID",), least=4 * 2049, extra=True),
    Metric(
        {"kid": "lower"},
        _kid,
        ("network of FID",),
        options=lambda n: {"subsets": 100, "subset_size": 1000, "seed": 2020},
        least=1000,
        jackknife=True,
        left_out=_kernel_left_out("kid"),
    ),
    Metric(
        {"inception_score": "higher"},
        _inception_score,
        ("network of FID",),
        options=lambda n: {"splits": 10, "seed": 2020},
        least=1000,
        jackknife=True,
    ),
    Metric(
        {"mind": "lower"},
        _of_features(metrics.monge_distance),
        ("network of FID",),
        options=_monge_options,
        least=5000,
        jackknife=True,
    ),
    Metric(
        {"frechet_distance": "lower"}, _frechet, ("another network",), jackknife=True
    ),
    Metric(*_frechet_by_size("frechet"), ("another network",), least=100, extra=True),
    Metric(
        {"kernel_distance": "lower"},
        _of_features(metrics.kernel_distance),
        ("another network",),
        options=lambda n: {"subsets": 100, "subset_size": min(1000, n), "seed": 0},
        jackknife=True,
        left_out=_kernel_left_out("kernel_distance"),
    ),
    Metric(
        {"monge_distance": "lower"},
        _of_features(metrics.monge_distance),
        ("another network",),
        options=_monge_options,
        least=5000,
        extra=True,
        jackknife=True,
    ),
    Metric(
        {"effective_rank": "floor"},
        lambda real, fake: metrics.effective_rank(fake.features),
        extra=True,
    ),
    Metric(
        dict.fromkeys(("precision", "recall", "density", "coverage"), "higher"),
        _of_features(metrics.precision_recall),
        options=lambda n: {"k": K},
        jackknife=True,
        left_out=_of_features(metrics.precision_recall_left_out),
    ),
    Metric(
        {"sliced_wasserstein": "lower"},
        _of_features(metrics.sliced_wasserstein),
        options=lambda n: {"projections": 512, "seed": 0},
        jackknife=True,
    ),
    Metric({"two_sample_accuracy": "floor"}, _of_features(metrics.two_sample_accuracy)),
    Metric(
        {"nearer": "floor", "copies": "lower"},
        _memorisation,
        needs=("held out",),
        jackknife=True,
    ),
    Metric(
        {"data_copying": "floor"},
        _copying,
        needs=("held out",),
        least=100,
        extra=True,
    ),
    Metric(
        {"authentic": "floor"},
        _authentic,
        needs=("held out",),
        least=100,
        extra=True,
    ),
    Metric(
        {"classifier_score": "higher"},
        lambda real, fake, splits: metrics.classifier_score(fake.probabilities, splits)[
            0
        ],
        needs=("probabilities", "another network"),
        options=lambda n: {"splits": 1},
        jackknife=True,
    ),
    Metric(
        {"classes": "higher", "class_kl": "lower"},
        _class_coverage,
        needs=("classes",),
        # Of the whole training split: a part may lack a rare class, or all labels.
        options=lambda n: {"shares": "training"},
    ),
    Metric(
        {"ms_ssim": "floor"},
        lambda real, fake, **options: metrics.ms_ssim_diversity(
            fake.samples, **options
        ),
        needs=("images", "windows"),
        options=lambda n: {"pairs": 1000, "seed": 0},
        reads="pixels",
    ),
    Metric(
        {"parzen_log_likelihood": "higher"},
        _parzen,
        needs=("images",),
        options=lambda n: {"validation": PARZEN_VALIDATION},
        floor="reference",
        reads="pixels",
    ),
    Metric(
        {"modes": "higher", "high_quality": "higher", "reverse_kl": "lower"},
        _mode_coverage,
        needs=("mixture",),
        reads="points",
    ),
    Metric(
        dict.fromkeys(("valid", "unique", "novel"), "higher"),
        _strings,
        needs=("molecules",),
        reads="strings",
    ),
    Metric(
        dict.fromkeys((f"js_{n}" for n in NGRAMS), "lower"),
        _ngrams,
        needs=("text",),
        reads="strings",
    ),
    Metric(
        {"gan_train_accuracy": "higher"},
        _gan_train(classifier.accuracy),
        needs=("images or vectors", "labelled test", "label of samples"),
        floor="reference",
        reads="recipe",
    ),
    Metric(
        {"gan_train_recall": "higher"},
        _gan_train(lambda *answers: np.nanmin(classifier.recalls(*answers))),
        needs=("vectors", "labelled test", "label of samples"),
        floor="reference",
        reads="recipe",
    ),
    Metric(
        {"gan_test_accuracy": "higher"},
        _gan_test,
        needs=("images or vectors", "labelled test", "label of samples"),
        reads="classifier",
    ),
    Metric(
        {"matching_accuracy": "higher"},
        _matching,
        needs=("images", "caption of samples"),
        floor="alike",
        reads="pixels",
    ),
    Metric({"l1": "lower"}, _pair(metrics.l1_distance), ("pairs",), reads="pixels"),
    Metric({"psnr": "higher"}, _pair(metrics.psnr), ("pairs",), reads="pixels"),
    Metric(
        {"ssim": "higher"}, _pair(metrics.ssim), ("pairs", "windows"), reads="pixels"
    ),
    Metric(
        {"vgg16_edges_distance": "lower"},
        _pair(perceptual.distance),
        ("pairs", "colours"),
        reads="vgg16_edges",
        named=True,
    ),
    Metric(
        {"read_back_l1": "lower"},
        lambda real, fake: metrics.l1_distance(
            real.test.data.arrays["source"],
            source_reader.read(real.reader, fake.samples),
        ),
        needs=("pairs to read",),
        reads="reader",
    ),
    Metric(
        {"mean_gradient": "floor"},
        lambda real, fake: metrics.mean_gradient(fake.samples),
        needs=("translations",),
        reads="pixels",
    ),
    Metric(
        {"cycle_l1": "lower"},
        lambda real, fake: metrics.l1_distance(
            fake.data.arrays["given"], fake.data.arrays["again"]
        ),
        needs=("again of samples",),
        floor=0.0,
        reads="pixels",
    ),
)
BETTER = {name: better for row in METRICS for name, better in row.better.items()}
"""Every score, and which way it gets better."""
MEANINGS = {
    "fid": "Frechet distance of the features of FID's network, as others report it",
    "fid_quarter": "`fid` of a quarter of the samples",
    "fid_half": "`fid` of half of the samples",
    "fid_infinity": "`fid` as it would be of endlessly many samples",
    "kid": "kernel distance of the features of FID's network, as others report it",
    "inception_score": "how clear and how varied the classes of ImageNet are",
    "mind": "`monge_distance` of the features of FID's network",
    "frechet_distance": "distance of the Gaussians with the means and covariances of "
    "the features",
    "kernel_distance": "distance of the features' distributions by a cubic kernel; 0 "
    "if they are equal, and at times a little below",
    "frechet_quarter": "`frechet_distance` of a quarter of the samples",
    "frechet_half": "`frechet_distance` of half of the samples",
    "frechet_infinity": "`frechet_distance` as it would be of endlessly many samples",
    "monge_distance": "mean distance of the features along random directions, sorted",
    "effective_rank": "how many directions the features fill",
    "precision": "share of samples that lie among real ones; low where they are not "
    "believable",
    "recall": "share of real samples that lie among the generated ones; low where some "
    "are missing",
    "density": "how many balls around real samples hold a sample, 1 for real data",
    "coverage": "share of real samples with a sample near by",
    "sliced_wasserstein": "distance of the features along random directions",
    "two_sample_accuracy": "how often a nearest neighbour tells samples from real "
    "data; 0.5 is chance",
    "nearer": "share of samples that are nearer to the training set than held-out data "
    "are; above 0.5 it copies",
    "copies": "share of samples that copy a training sample",
    "data_copying": "whether samples of some region are nearer to the training set "
    "than held-out data are; below -2 they are",
    "authentic": "share of samples that are farther from their nearest training "
    "sample than its own nearest one is",
    "classifier_score": "how clear and how varied the classes are, at most their "
    "number",
    "classes": "number of classes that appear",
    "class_kl": "divergence of the shares of the classes from those of the data",
    "ms_ssim": "likeness of two random samples; above real data, they vary less",
    "parzen_log_likelihood": "nats of real test data under windows around the samples",
    "modes": "number of modes that a good sample hits",
    "high_quality": "share of samples within three deviations of a mode",
    "reverse_kl": "divergence of the shares of the modes from equal ones",
    "valid": "share of samples that are a molecule",
    "unique": "share of distinct ones among the valid samples",
    "novel": "share of the valid samples that the training set does not hold",
    "js_1": "divergence of the letters, 0 to 1 bit",
    "js_2": "divergence of the pairs of letters, 0 to 1 bit",
    "js_3": "divergence of the 3-grams of letters, 0 to 1 bit",
    "js_4": "divergence of the 4-grams of letters, 0 to 1 bit",
    "gan_train_accuracy": "accuracy on real data of a classifier of the samples",
    "gan_train_recall": "the same classifier's recall of the class that it finds least",
    "gan_test_accuracy": "share of samples that a classifier of real data gives the "
    "label asked for",
    "matching_accuracy": "how often the sample of a caption is nearer to its own image "
    "than to another of its category; 0.5 is chance",
    "l1": "mean absolute difference from the target",
    "psnr": "likeness to the target in decibels",
    "ssim": "likeness of structure to the target, 1 if equal",
    "vgg16_edges_distance": "distance from the target in features that see edges; it "
    "is not LPIPS",
    "read_back_l1": "error of a network that reads the source in the answer",
    "mean_gradient": "sharpness",
    "cycle_l1": "mean absolute difference from the source after the way back",
}
"""A line on what each score means."""
OF_PAIRS = [name for row in METRICS if "pairs" in row.needs for name in row.better]
"""Scores of samples against their targets."""
