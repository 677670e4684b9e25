"""`evaluate`: scores of a run, a file or a model, each with its protocol."""

import json
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import keras
import numpy as np

from ganzoo import metrics
from ganzoo.data.archive import is_archive
from ganzoo.data.dataset import Data
from ganzoo.data.images import Form, reshape_images
from ganzoo.data.splits import Parts, load_parts
from ganzoo.data.tables import Table
from ganzoo.evaluation import metric_table
from ganzoo.evaluation.classifier import accuracy, recalls
from ganzoo.evaluation.sampling import draw
from ganzoo.evaluation.score import Score, frame
from ganzoo.evaluation.scorer import Scorer, View, as_samples, measure, scorer_for
from ganzoo.models.adversarial import AdversarialModel
from ganzoo.models.from_image import TranslationModel
from ganzoo.models.from_noise import LatentModel
from ganzoo.plots.pictures import image_grid, save_png
from ganzoo.runs import directory
from ganzoo.runs.checkpoint import best
from ganzoo.runs.experiment import from_dict
from ganzoo.runs.load import load
from ganzoo.runs.resolve import resolve
from ganzoo.utils import files, untrusted
from ganzoo.utils.options import check_known, check_list
from ganzoo.utils.progress import Bar
from ganzoo.utils.text import aligned
from ganzoo.variants._registry import SOURCES

if TYPE_CHECKING:
    import pandas

FORMAT = 2
READ = (1, FORMAT)  # the older has no margins
FILE = "evaluation.json"
NEAREST = "nearest.png"


@dataclass(frozen=True)
class Evaluation:
    """The result of `evaluate`.

    Attributes:
        scores: scores of the last checkpoint, then of the best one if there is one.
        notes: what a reader must know: the extractor, its test accuracy, the sizes.
    """

    scores: list[Score]
    notes: list[str]

    def get(self, metric: str, checkpoint: str = "last") -> Score:
        """Returns one score; raises `ValueError` if it was not measured."""
        for score in self.scores:
            if (score.metric, score.checkpoint) == (metric, checkpoint):
                return score
        known = ", ".join(dict.fromkeys(score.metric for score in self.scores))
        raise ValueError(
            f"No score {metric!r} of the {checkpoint} checkpoint. Measured: {known}."
        )

    def to_pandas(self) -> "pandas.DataFrame":
        """Returns the scores as a pandas frame, a row each; needs the extra `tables`.

        Raises:
            ImportError: pandas is not installed.
        """
        return frame(score.to_dict() for score in self.scores)

    def table(self) -> str:
        """Returns the scores as lines of text, next to those of real data."""
        kinds = list(dict.fromkeys(score.checkpoint for score in self.scores))
        rows = [["", *kinds, "real data", "better"]]
        for score in self.scores:
            if score.checkpoint == kinds[0]:
                numbers = [self._cell(score.metric, kind) for kind in kinds]
                numbers.append(f"{score.floor:.4g}")
                rows.append([score.metric, *numbers, _WORDS[score.better]])
        lines = aligned(rows, right=range(1, len(kinds) + 2))
        return "\n".join([*lines, *self.notes])

    def _cell(self, metric, kind):
        """Returns a score as text, empty if it does not apply."""
        try:
            score = self.get(metric, kind)
            margin = "" if score.margin is None else f" ±{score.margin:.2g}"
            return f"{score.value:.4g}{margin}"
        except ValueError:
            return ""


SCALES = 10  # from here on, the largest column of vectors decides
_WORDS = {"lower": "lower", "higher": "higher", "floor": "as real data"}


def evaluate(
    source: str | Path | AdversarialModel,
    *,
    n: int = 10_000,
    extractor: str | Path | None = None,
    only: Iterable[str] | None = None,
    dataset: str | Path | Data | None = None,
    data_dir: str | Path | None = None,
    seed: int = 0,
    scorer: Scorer | None = None,
    thorough: bool = False,
    progress: bool = True,
) -> Evaluation:
    """Scores samples of a model next to real data.

    The reference comes from the training split, the real data that are scored next to
    the samples from the test split, and all sets have the same size. Conditional models
    sample with the labels of the reference. Models that translate get the sources of
    the test split, and two answers without a model are scored next to theirs: the
    source itself, and the mean of the training images. Images are rounded and clipped
    to uint8 first. A best checkpoint is scored next to the last one; a run directory
    gets the scores as `evaluation.json`.

    Args:
        source: a run directory, a `.keras` file, or a model.
        n: number of samples; fewer if the data set's parts have fewer.
        extractor: see `extractors.get`; by default `classifier` for labelled images,
            else `pixels`.
        only: names of scores, see `metric_table.BETTER`; by default all that apply.
        dataset: data set for a model that is not a run, by name or as `load_data`
            returns it; or the new place of a run's.
        data_dir: as in `load_data`, if it differs from the run's.
        seed: seed of the latents.
        scorer: a scorer of an earlier call (`scorer_for`), which saves loading and
            measuring the same real data again; it replaces n, extractor, data set and
            thorough.
        thorough: adds the scores that take long (`metric_table.Metric.extra`), an
            interval over the samples to those that have one, and to a run on images
            `nearest.png`: the samples that are nearest to a training image, each above
            that image. Takes about ten times as long.
        progress: if True, show a bar on a terminal or in a notebook.

    Raises:
        ValueError: no such run or file, one of a newer version, a data set other than
            the run's, an extractor or a score that does not apply, fewer samples
            than the scores need, NaN or constant samples.
    """
    if only is not None:
        check_list("only", only)
        only = list(only)
        check_known("score", only, metric_table.BETTER)
    stages = "loading the model", "reading the data", "sampling", "scoring"
    with Bar(len(stages), "stages", show=progress, leave=False, words=stages[0]) as bar:
        models = _models(source)
        run = None if isinstance(source, keras.Model) else directory.read_config(source)
        bar.step(stages[1])
        asked = n if scorer is None else scorer.n
        if scorer is None:
            parts = _parts(run, models["last"], dataset, data_dir)
            scorer = scorer_for(
                models["last"], parts, n=n, extractor=extractor, thorough=thorough
            )
        elif run is not None:
            _check_same_set(run["data"]["name"], scorer.parts.train.name)
        bar.step(stages[2])
        views = {
            kind: scorer.view(draw(model, scorer, seed))
            for kind, model in models.items()
        }
        bar.step(stages[3])
        scores = _scores(models, views, scorer, only, seed)
    notes = _notes(scorer, asked) + _notes_on_scale(scorer)
    notes += _notes_on_classes(scorer, views["last"])
    if models["last"].conditional and "label" not in scorer.test.data.arrays:
        notes.append("Left out, since the test data have no labels: scores of labels.")
    for name, reason in views["last"].left_out.items():
        notes.append(f"Left out: {name}. {reason}")
    evaluation = Evaluation(scores, notes)
    if run is not None:
        try:
            _write(Path(source) / FILE, evaluation)
            if scorer.thorough and "pictures" in scorer.facts:
                save_png(nearest_pairs(scorer, views["last"]), Path(source) / NEAREST)
        except OSError as error:  # another user's run, or a full disk: scores take long
            warnings.warn(f"The scores are not in {source}: {error}.", stacklevel=2)
    return evaluation


def _scores(models, views, scorer, only, seed) -> list[Score]:
    """Scores of each model by the kind of its checkpoint, then of answers without."""
    scores = [
        score
        for kind, model in models.items()
        for score in measure(
            scorer,
            views[kind],
            only=only,
            seed=seed,
            step=model.step,
            checkpoint=kind,
        )
    ]
    of_pairs = [
        name for name in metric_table.OF_PAIRS if name in (only or scorer.names())
    ]
    for name, answers in baselines(scorer).items():
        settings = {"only": of_pairs, "seed": seed, "step": 0, "checkpoint": name}
        scores += measure(scorer, scorer.view(answers), **settings)
    return scores


def read(run) -> Evaluation | None:
    """Reads the `evaluation.json` of a run directory, None if there is none.

    Raises:
        ValueError: it is damaged, or of a newer version of ganzoo.
    """
    path = Path(run) / FILE
    if not path.is_file():
        return None
    try:
        content = untrusted.read_json(path)
        version = content["format"]
        if version in READ:
            scores = [Score.from_dict(score) for score in content["scores"]]
            return Evaluation(scores, content["notes"])
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is damaged: {error}.") from error
    raise ValueError(
        f"{path} was written by a newer version of ganzoo (format {version}; this one "
        f"reads {FORMAT}). Update ganzoo to use it."
    )


def _models(source) -> dict:
    """Returns the models of a source by kind of checkpoint."""
    if isinstance(source, keras.Model):
        models = {"last": source}
    else:
        models = {"last": load(source)}
        if best(Path(source) / directory.CHECKPOINTS):
            models["best"] = load(source, best=True)
    if not isinstance(models["last"], LatentModel | TranslationModel):
        raise ValueError(
            "`evaluate` scores models that make samples from noise or from images. "
            f"Received: {type(models['last']).__name__}."
        )
    return models


def parts_of(run, model, dataset=None, data_dir=None) -> Parts:
    """Parts of a run's data set, or of another, in the form of the model's samples.

    Args:
        run: the `config.json` of a run, None for a model that is not a run.
        model: the model.
        dataset: data set for a model that is not a run; one as `load_data` returns it
            has no test split.
        data_dir: as in `load_data`, if it differs from the run's.
    """
    return as_samples(model, _parts(run, model, dataset, data_dir))


def _parts(run, model, dataset, data_dir):
    """Parts of a data set as it was loaded."""
    if isinstance(dataset, Data):
        if run is not None:
            raise ValueError(
                "A run reads its own data set: leave `dataset` out, or give its path. "
                f"Received: data of {dataset.name!r}."
            )
        return Parts(dataset)
    if run is None:
        if dataset is None:
            raise ValueError(
                "A model that is no run directory needs a data set to be scored on: "
                "dataset= (--dataset=). Received none."
            )
        form = {}
        place = Path(dataset).expanduser()
        if len(model.sample_shape) == 3 and (place.is_dir() or is_archive(place)):
            *size, channels = model.sample_shape
            form = {"image_size": tuple(size), "channels": channels}
        if model.table:
            form = {"table": Table.of(model.table)}
        entries = model.batch_spec.entries
        source_key = next((key for key in SOURCES if key in entries), None)
        return load_parts(dataset, data_dir=data_dir, source_key=source_key, **form)
    experiment = from_dict(run["experiment"])
    name = str(dataset or experiment.dataset)
    if dataset is not None and not Path(name).exists():  # a path may have changed
        _check_same_set(run["data"]["name"], name)
    data_dir = data_dir or experiment.data_dir
    resolved = resolve(replace(experiment, dataset=name, data_dir=data_dir))
    if resolved.data.fingerprint != run["data"]["fingerprint"]:
        raise ValueError(
            f"The data set {name!r} is not the one of the run: it is "
            "another, or has changed since."
        )
    return resolved.parts


def _notes(scorer, n):
    extractor, real = scorer.extractor, scorer.test
    notes = [f"{scorer.n} samples; extractor {extractor.label}."]
    if extractor.classes and "labelled test" in scorer.facts:
        right = accuracy(real.probabilities, real.data.arrays["label"])
        notes.append(f"The classifier's accuracy on real test data: {right:.2%}.")
    if extractor.note:
        notes.append(f"Note: {extractor.note}.")
    if scorer.thorough:
        notes.append(
            "± is half of a 95% interval over the samples: a jackknife that leaves out "
            f"each of {metrics.GROUPS} groups of them, the real data kept."
        )
    if scorer.parts.held_out is None:
        notes.append(
            "Real data here are a third of the training split, which training has "
            "seen: there is no test split."
        )
    if few := scorer.too_few():
        needs = ", ".join(f"{name} ({least})" for name, least in few.items())
        notes.append(f"Left out, since they need more samples: {needs}.")
    if scorer.n < n:
        notes.append(
            f"Fewer than the requested {n}: real data are scored in equal "
            "number, and there are no more."
        )
    return notes


def _notes_on_scale(scorer):
    """Of vectors whose largest column would decide; tables are standardised."""
    train = scorer.parts.train
    if "vectors" not in scorer.facts or train.table:
        return []
    spread = train.arrays["real"].std(axis=0)
    spread = spread[spread > 0]
    if not spread.size or spread.max() <= SCALES * spread.min():
        return []
    return [
        f"Columns differ in scale, with standard deviations from {spread.min():.3g} to "
        f"{spread.max():.3g}: distances follow the largest. Standardise the columns "
        "before training."
    ]


def _notes_on_classes(scorer, fake):
    """Recalls of each class by a classifier of the samples, where they are vectors."""
    if (
        not {"vectors", "labelled test"} <= scorer.facts
        or "label" not in fake.data.arrays
    ):
        return []
    test, names = scorer.test.data.arrays, scorer.parts.train.class_names
    by_source = [
        recalls(view.classifier.run(test["real"])["probabilities"], test["label"])
        for view in (fake, scorer.reference)
    ]
    shares = map(_recall, names, *by_source)
    return [
        "Recall by class of a classifier of samples (of as many real ones), on test "
        f"data: {', '.join(shares)}."
    ]


def _recall(name, of_fakes, of_real):
    if np.isnan(of_real):
        return f"{name} without a test row"
    return f"{name} {of_fakes:.1%} ({of_real:.1%})"


def _check_same_set(own, received):
    if own != received:
        raise ValueError(
            f"A run is scored on the data set that it was trained on, {own!r}. "
            f"Received: {received!r}."
        )


def _write(path, evaluation):
    scores = [score.to_dict() for score in evaluation.scores]
    content = {"format": FORMAT, "notes": evaluation.notes, "scores": scores}
    text = json.dumps(content, indent=2) + "\n"
    files.write_atomically(path, text.encode())


def nearest_pairs(scorer: Scorer, fake: View) -> np.ndarray:
    """A picture of the samples nearest to the training set, by the features.

    Returns:
        uint8 (H, W, 3): rows of at most eight samples, nearest first, each row above
        the row of their nearest training images.
    """
    training = scorer.training
    distances, places = fake.nearest(training)
    count = min(len(distances), 2 * PAIRS)
    whole = count // PAIRS * PAIRS or count  # each row is full
    first = np.argsort(distances, kind="stable")[:whole]
    images = [
        source[rows[i : i + PAIRS]]
        for i in range(0, len(first), PAIRS)
        for source, rows in (
            (fake.samples, first),
            (training.samples, places[first]),
        )
    ]
    return image_grid(np.concatenate(images), columns=min(PAIRS, whole))


PAIRS = 8  # in a row


def baselines(scorer: Scorer) -> dict[str, Data]:
    """Returns answers without a model, by name; none if the targets are unknown.

    `source`: the source itself, in size and channels of the targets (bicubic); the last
    image of a source of several images, such as frames.
    `mean image`: the mean of the training split, which has the least squared error of
    all answers that ignore the source.
    """
    if "pairs" not in scorer.facts:
        return {}
    source = scorer.test.data.arrays["source"]
    height, width, channels = scorer.parts.train.sample_shape
    mean = scorer.parts.train.arrays["real"].mean(axis=0, dtype=float)
    mean = np.rint(mean).astype(np.uint8)
    answers = {
        "source": reshape_images(
            source[..., -channels:], Form((height, width), channels)
        ),
        "mean image": np.repeat(mean[np.newaxis], scorer.n, axis=0),
    }
    return {name: Data(name, {"real": real}) for name, real in answers.items()}
