"""Scorer: scores samples against a data set, each score with its protocol."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from weakref import WeakKeyDictionary

import numpy as np

from ganzoo import metrics
from ganzoo.data.dataset import Data
from ganzoo.data.splits import Parts
from ganzoo.evaluation import (
    classifier,
    extractors,
    forest,
    metric_table,
    perceptual,
    source_reader,
)
from ganzoo.evaluation.extractors import Extractor
from ganzoo.evaluation.score import Score, protocol
from ganzoo.utils.options import check_known, check_whole
from ganzoo.utils.progress import each


@dataclass(frozen=True)
class Roles:
    """Parts of the data set by their role."""

    reference: str  # samples are compared with it
    test: str  # real samples, scored next to generated ones
    validation: str = "selection"  # chooses a metric's own settings


FINAL = Roles("reference", "test")
SELECTION = Roles("selection", "selection_test")


class View:
    """A set of samples in the forms that metrics take."""

    def __init__(self, data: Data, extract: Callable[[Data], Mapping]):
        self.data = data
        self._extract = extract
        self.left_out: dict[str, str] = {}  # reasons by score
        self._nearest: dict[View, tuple[np.ndarray, np.ndarray]] = {}

    @property
    def samples(self) -> np.ndarray:
        """Samples as in the data set."""
        return self.data.arrays["real"]

    @property
    def pixels(self) -> np.ndarray:
        """Flat floats in [0, 1] of uint8 samples."""
        return self.samples.reshape(len(self.samples), -1) / np.float32(255)

    @property
    def features(self) -> np.ndarray:
        """(n, d)"""
        return self.outputs["features"]

    @property
    def probabilities(self) -> np.ndarray:
        """(n, classes), where the extractor classifies."""
        return self.outputs["probabilities"]

    @cached_property
    def outputs(self) -> Mapping:
        """Outputs of the extractor."""
        return self._extract(self.data)

    @cached_property
    def classifier(self) -> Extractor:
        """A classifier of these samples, by their labels."""
        return extractors.of_classes(self.data, keep=False)

    @cached_property
    def moments(self) -> metrics.Gaussian | np.ndarray:
        """The Gaussian for a Frechet distance; the features, if they are few."""
        features = self.features
        wide = len(features) <= features.shape[1]
        return features if wide else metrics.fit_gaussian(features)

    def nearest(self, other: "View") -> tuple[np.ndarray, np.ndarray]:
        """Distance of each sample to its nearest one of another view, and its row."""
        if other not in self._nearest:
            found = metrics.nearest_distances(self.features, other.features)
            self._nearest[other] = found
        return self._nearest[other]

    def subset(self, rows: np.ndarray) -> "View":
        """The chosen samples, with what was already computed of them."""
        arrays = {key: array[rows] for key, array in self.data.arrays.items()}
        outputs = {key: array[rows] for key, array in self.outputs.items()}
        view = View(replace(self.data, arrays=arrays), lambda data: outputs)
        for other, (distances, places) in self._nearest.items():
            view._nearest[other] = distances[rows], places[rows]
        return view


class Scorer:
    """Scores sets of samples of one size against one data set, by one extractor.

    Every set, real or generated, has n samples: distances fall with n, so real data of
    another size could not be compared.

    Args:
        parts: parts of the data set, uint8 or points.
        extractor: see `extractors.get`.
        n: number of samples; fewer if the parts hold fewer.
        roles: `FINAL`, or `SELECTION` for scores during training.
        thorough: adds the scores that take long, and an interval over the samples.

    Raises:
        ValueError: fewer samples than the scores need.
    """

    def __init__(
        self,
        parts: Parts,
        extractor: Extractor,
        n: int,
        roles=FINAL,
        thorough: bool = False,
    ):
        self.parts = parts
        self.extractor = extractor
        self.roles = roles
        self.thorough = thorough
        check_whole(0, n=n)
        self.n = min(n, parts.size(roles.reference), parts.size(roles.test))
        least = metrics.GROUPS if thorough else metric_table.LEAST
        if self.n < least:
            raise ValueError(
                f"Scores need at least {least} samples, and as many real ones to "
                f"compare with and to test. Received: {n}, and, of "
                f"{parts.train.name!r}, {_count(parts, roles.reference)} and "
                f"{_count(parts, roles.test)}."
            )
        self._floors = {}

    # --- the real data, for the table of scores -----------------------------------

    @cached_property
    def reference(self) -> View:
        """Real samples to compare with."""
        return self._real(self.roles.reference)

    @cached_property
    def test(self) -> View:
        """Real samples outside every other part."""
        return self._real(self.roles.test)

    @cached_property
    def validation(self) -> View:
        """Real samples that choose a metric's own settings."""
        return self._real(self.roles.validation)

    @cached_property
    def training(self) -> View:
        """The whole training split."""
        return View(self.parts.train, self.extractor.of_real)

    @cached_property
    def classifier(self) -> Extractor:
        """The classifier of real data, independent of the extractor."""
        return extractors.of_classes(self.parts.training)

    @cached_property
    def reader(self):
        """The network that reads sources back from real images."""
        return source_reader.trained(self.parts.training)

    @cached_property
    def known(self) -> set[str]:
        """The strings of the training split."""
        train = self.parts.train
        return set(train.codec.strings(train.arrays["real"]))

    @cached_property
    def alike(self) -> View:
        """For each test sample a random sample of the reference with the same label.

        It stands for a model that knows only the category of a sample. If the reference
        has none of the label, any sample serves.
        """
        rng = np.random.default_rng(0)
        arrays, test = self.reference.data.arrays, self.test.data.arrays
        known = arrays.get("label", np.zeros(self.n))
        labels = test.get("label", np.zeros(self.n))
        pools = {label: np.flatnonzero(known == label) for label in set(labels)}
        everything = np.arange(self.n)
        candidates = [pools[x] if len(pools[x]) else everything for x in labels]
        rows = [rng.choice(pool) for pool in candidates]
        real = arrays["real"][rows]
        data = replace(self.reference.data, arrays={"real": real})
        return View(data, lambda data: self.extractor.run(data.arrays["real"]))

    @cached_property
    def blends(self) -> float:
        """Frechet distance of blends of two real samples, half and half.

        Samples of a model that has learnt the data are nearer to them than such ghosts.
        They are blends of the test part: those of the reference would share its chance,
        and in a small set be nearer to it than other real samples.
        """
        real = self.test.data.arrays["real"]
        others = real[np.random.default_rng(0).permutation(len(real))]
        ghosts = (real.astype("float32") + others) / 2
        features = self.extractor.run(ghosts.astype(real.dtype))["features"]
        return float(metrics.frechet_distance(self.reference.features, features))

    # --- scores ---------------------------------------------------------------------

    def names(self, keys: Iterable[str] = (), only=None) -> list[str]:
        """Returns the scores that apply to this data set and extractor, in order.

        Args:
            keys: what is known of each sample, see `sampling.draw`.
            only: names of scores; by default all that apply.

        Raises:
            ValueError: a score of `only` that does not apply.
        """
        return [name for row in self._chosen(keys, only) for name in row.better]

    def score(self, samples: Data, only: Iterable[str] | None = None) -> dict:
        """Scores n generated samples.

        Args:
            samples: samples, with what is known of each, see `sampling.draw`.
            only: names of scores; by default all that apply.

        Returns:
            Values by name.

        Raises:
            ValueError: NaN or constant samples, a wrong number or shape of samples, or
                scores that do not apply here.
        """
        return self.values(self.view(samples), only)

    def view(self, samples: Data) -> View:
        """Checks n generated samples, whose features are computed once."""
        self._check(samples)
        return View(samples, lambda data: self.extractor.run(data.arrays["real"]))

    def values(self, fake: View, only: Iterable[str] | None = None) -> dict:
        """`score` of a view; scores that cannot judge it are in its `left_out`."""
        only = None if only is None else list(only)
        values = {}
        for row in each(self._chosen(fake.data.arrays, only), "scores", "scores"):
            try:
                values |= self._run(row, fake)
            except metrics.NoCell as error:
                if only is not None:
                    raise
                fake.left_out |= dict.fromkeys(row.better, str(error))
        return _only(values, only)

    def margins(self, fake: View, only: Iterable[str] | None = None) -> dict:
        """Half the widths of the scores' intervals over the samples, where they apply.

        A delete-a-group jackknife: each score without every tenth sample, ten times.
        """
        rows = [r for r in self._chosen(fake.data.arrays, only) if r.jackknife]
        group = np.arange(self.n) % metrics.GROUPS
        values = [{} for _ in range(metrics.GROUPS)]
        for row in [row for row in rows if row.left_out]:
            found = row.left_out(self, fake, group, **row.options(self.n))
            values = [v | f for v, f in zip(values, found, strict=True)]
        others = [row for row in rows if not row.left_out]
        for g, value in enumerate(values if others else ()):
            left = fake.subset(group != g)  # one at a time, which bounds the memory
            for row in others:
                value |= self._run(row, left)
        return {
            name: metrics.jackknife_margin([value[name] for value in values])
            for row in rows
            for name in row.better
        }

    def too_few(self) -> dict[str, int]:
        """Scores that are left out for want of samples, and how many they need."""
        rows = [r for r in metric_table.METRICS if self.facts.issuperset(r.needs)]
        few = [row for row in rows if row.least > self.n and self._applies(row)]
        return {name: row.least for row in few for name in row.better}

    def floor(self, keys: Iterable[str] = (), only=None) -> dict:
        """Returns the same scores for real samples."""
        rows = self._chosen(keys, only)
        for row in each(rows, "scores of real data", "scores"):
            if row.better.keys() <= self._floors.keys():
                continue
            if isinstance(row.floor, str):
                self._floors |= self._run(row, getattr(self, row.floor))
            else:
                self._floors |= dict.fromkeys(row.better, row.floor)
        return _only({k: self._floors[k] for row in rows for k in row.better}, only)

    def conditions(self, name: str) -> dict:
        """Returns the conditions that must be equal for two values to be compared."""
        row = next(row for row in metric_table.METRICS if name in row.better)
        options = ", ".join(f"{k}={v}" for k, v in row.options(self.n).items())
        readings = {
            "extractor": lambda: self.extractor.label,
            "classifier": lambda: self.classifier.label,
            "recipe": lambda: self._recipe,
            "reader": lambda: f"reader, recipe {source_reader.RECIPE}",
            "vgg16_edges": lambda: perceptual.LABEL,
            "pixels": lambda: "pixels",
            "points": lambda: "points",
            "strings": lambda: self.parts.train.codec.kind,
        }
        splits = self.parts.train, self.parts.held_out
        sets = [split for split in splits if split is not None]
        return {
            "score": f"{name}({options})",
            "extractor": readings[row.reads](),
            "data": " ".join([sets[0].name, *(part.fingerprint for part in sets)]),
            "reference": self.parts.origin(self.roles.reference),
            "test": self.parts.origin(self.roles.test),
            "n": self.n,
        }

    @property
    def _recipe(self):
        if "vectors" in self.facts:
            return f"forest, recipe {forest.RECIPE}"
        return f"classifier, recipe {classifier.RECIPE}"

    @cached_property
    def facts(self) -> set[str]:
        """Facts about the data and the extractor, which scores may need."""
        train = self.parts.train
        real = train.arrays["real"]
        labelled = train.num_classes > 1
        images = real.ndim == 4
        kind = train.codec and train.codec.kind
        held = {
            "images": images,
            "vectors": real.ndim == 2,
            "images or vectors": images or real.ndim == 2,
            "pictures": images and real.dtype == np.uint8 and real.shape[-1] in (1, 3),
            "colours": images and real.dtype == np.uint8 and real.shape[-1] == 3,
            "windows": images and min(real.shape[1:3]) >= metric_table.WINDOW,
            "pairs": images and "source" in self.test.data.arrays,
            "pairs to read": images and _one_image(train.arrays.get("source"), real),
            "translations": images and bool({"source", "unpaired"} & {*train.arrays}),
            "held out": self.roles == FINAL and self.parts.held_out is not None,
            "mixture": train.mixture is not None,
            "molecules": kind == "molecules",
            "text": kind == "text",
            "probabilities": "probabilities" in self.test.outputs,
            "labelled": labelled,
            "labelled test": labelled and self._knows_labels(self.test),
            "network of FID": self.extractor.of_fid,
            "another network": not self.extractor.of_fid,
            "classes": labelled and self.extractor.classes,
        }
        return {fact for fact, holds in held.items() if holds}

    @staticmethod
    def _knows_labels(view):
        return (view.data.arrays.get("label", np.array([-1])) >= 0).any()

    def _applies(self, row):
        return not row.named and (self.thorough or not row.extra)

    def _chosen(self, keys, only):
        facts = self.facts | {f"{key} of samples" for key in keys}
        rows = [row for row in metric_table.METRICS if facts.issuperset(row.needs)]
        rows = [row for row in rows if row.least <= self.n]
        if only is None:
            return [row for row in rows if self._applies(row)]
        allowed = [name for row in rows for name in row.better]
        for row in metric_table.METRICS:
            for name in (row.better.keys() & set(only)) - set(allowed):
                if facts.issuperset(row.needs):
                    raise ValueError(
                        f"The score {name!r} needs {row.least} samples, and as many "
                        f"real ones in each part of the data. Received: {self.n}."
                    )
                missing = [need for need in row.needs if need not in facts]
                raise ValueError(
                    f"The score {name!r} does not apply to {self.parts.train.name!r} "
                    f"with the extractor {self.extractor.label}: it needs "
                    f"{', '.join(missing)}. Allowed: {', '.join(allowed)}."
                )
        check_known("score", only, allowed)
        return [row for row in rows if row.better.keys() & set(only)]

    def _run(self, row, fake):
        result = row.function(self, fake, **row.options(len(fake.samples)))
        (first, *_) = row.better
        values = result if isinstance(result, Mapping) else {first: result}
        return {name: float(values[name]) for name in row.better}

    def _real(self, part):
        return View(self.parts.take(part, self.n), self.extractor.of_real)

    def _check(self, samples):
        shape, expected = samples.arrays["real"].shape, self.parts.train.sample_shape
        if shape != (self.n, *expected):
            raise ValueError(
                f"Samples must have the shape {(self.n, *expected)} to be scored on "
                f"{self.parts.train.name!r}. Received: {shape}."
            )


def _count(parts, part):
    """The number of samples in a part, in words."""
    return f"{parts.size(part)} real ones ({parts.origin(part)})"


def _one_image(source, real):
    """Tells if sources are single images of the size of the samples."""
    if source is None:
        return False
    return source.shape[-1] in (1, 3) and source.shape[1:3] == real.shape[1:3]


def _only(values, only):
    return values if only is None else {name: values[name] for name in only}


def scorer_for(
    model, parts: Parts, *, n=10_000, extractor=None, roles=FINAL, thorough=False
):
    """Returns the scorer of a data set, for `evaluate` and for scores during training.

    The same parts have one scorer, whoever asks for it, so that real data are measured
    once.

    Args:
        model: its `value_range` gives floats of the data their meaning.
        parts: parts of `load_parts`.
        n: number of samples.
        extractor: see `extractors.get`.
        roles: see `Scorer`.
        thorough: see `Scorer`.
    """
    known = _SCORERS.setdefault(parts, {})
    key = n, extractor, roles, thorough, model.value_range
    if key not in known:
        own = as_samples(model, parts)
        extract = extractors.get(extractor, own)
        known[key] = Scorer(own, extract, n, roles, thorough)
    return known[key]


_SCORERS: WeakKeyDictionary[Parts, dict] = WeakKeyDictionary()


def measure(scorer: Scorer, fake: View, *, only=None, seed, step, checkpoint):
    """Returns the scores of samples next to those of real data, with protocols.

    Args:
        scorer: scorer, which holds the real data.
        fake: its `view` of samples of `draw`.
        only: names of scores, by default all that apply.
        seed: seed of the samples' latents.
        step: step of the checkpoint.
        checkpoint: its kind, such as `last`.

    Returns:
        A list of `Score`.
    """
    values = scorer.values(fake, only)
    margins = scorer.margins(fake, only) if scorer.thorough else {}
    floors = scorer.floor(fake.data.arrays, only)
    provenance = {"samples": f"seed {seed}, step {step}"}
    return [
        Score(
            metric=name,
            value=value,
            floor=floors[name],
            better=metric_table.BETTER[name],
            protocol=protocol(scorer.conditions(name), provenance),
            checkpoint=checkpoint,
            step=step,
            margin=margins.get(name),
        )
        for name, value in values.items()
    ]


def as_samples(model, parts: Parts) -> Parts:
    """Parts of a data set in the form of the model's samples: images are uint8.

    Raises:
        ValueError: values outside the model's range or in another scale, as in `fit`.
    """
    splits = {"training": parts.train, "test": parts.held_out}
    return Parts(*(_as_samples(model, *split) for split in splits.items()))


def _as_samples(model, split, data):
    if data is None or data.table:
        return data
    real, entry = data.arrays["real"], model.batch_spec.entry("real")
    try:
        entry.check_values("real", real)
        entry.check_scale("real", real)
    except ValueError as error:
        raise ValueError(f"In the {split} split of {data.name!r}: {error}") from error
    if real.dtype == np.uint8:
        return data
    real = model.as_samples(real)
    return replace(data, arrays={**data.arrays, "real": real})
