"""`evaluate`: a run, a file or a model becomes scores, each with its protocol."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np

from ganzoo.data.dataset import Data
from ganzoo.data.images import Form, reshape_images
from ganzoo.data.splits import Parts, load_parts
from ganzoo.evaluation import metric_table
from ganzoo.evaluation.classifier import accuracy
from ganzoo.evaluation.sampling import draw
from ganzoo.evaluation.score import Score
from ganzoo.evaluation.scorer import Scorer, measure, scorer_for
from ganzoo.models.from_image import TranslationModel
from ganzoo.models.from_noise import LatentModel
from ganzoo.runs import directory
from ganzoo.runs.checkpoint import best
from ganzoo.runs.experiment import from_dict
from ganzoo.runs.load import load
from ganzoo.runs.resolve import SOURCES, resolve
from ganzoo.utils import files, untrusted

FORMAT = 1
FILE = "evaluation.json"


@dataclass(frozen=True)
class Evaluation:
    """What `evaluate` found.

    Attributes:
        scores: every score of the last checkpoint, then of the best one if there is.
        notes: what a reader must know: the extractor, its test accuracy, the sizes.
    """

    scores: list[Score]
    notes: list[str]

    def get(self, metric: str, checkpoint: str = "last") -> Score:
        """One score; `ValueError` if it was not measured."""
        for score in self.scores:
            if (score.metric, score.checkpoint) == (metric, checkpoint):
                return score
        known = ", ".join(dict.fromkeys(score.metric for score in self.scores))
        raise ValueError(
            f"No score {metric!r} of the {checkpoint} checkpoint. Measured: {known}."
        )

    def table(self) -> str:
        """The scores as lines of text, with the floor: what real data get."""
        kinds = list(dict.fromkeys(score.checkpoint for score in self.scores))
        rows = [["", *kinds, "floor", "better"]]
        for score in self.scores:
            if score.checkpoint == kinds[0]:
                numbers = [self._cell(score.metric, kind) for kind in kinds]
                numbers.append(f"{score.floor:.4g}")
                rows.append([score.metric, *numbers, _WORDS[score.better]])
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = []
        for name, *numbers, word in rows:
            cells = [f"{c:>{w}}" for c, w in zip(numbers, widths[1:], strict=False)]
            lines.append("  ".join([f"{name:<{widths[0]}}", *cells, word]).rstrip())
        return "\n".join([*lines, *self.notes])

    def _cell(self, metric, kind):
        """A score as the table has it; nothing where it does not apply."""
        try:
            return f"{self.get(metric, kind).value:.4g}"
        except ValueError:
            return ""


_WORDS = {"lower": "lower", "higher": "higher", "floor": "as the floor"}


def evaluate(
    source,
    *,
    n: int = 10_000,
    extractor=None,
    only=None,
    dataset=None,
    data_dir=None,
    seed: int = 0,
    scorer: Scorer | None = None,
) -> Evaluation:
    """Scores samples of a model beside real data, the floor.

    Real samples are of the training split (the reference), of the test split (the
    floor), and as many as generated ones. Conditional models are asked for the labels
    of the reference. Models that translate get the sources of the test split, and what
    needs no model stands beside them: the source itself, and the mean of the training
    images. Images are rounded and clipped to uint8 first. A run with a best
    checkpoint has it scored beside the last one; a run directory gets the scores as
    `evaluation.json`.

    Args:
        source: a run directory, a `.keras` file, or a model.
        n: samples; no more than the data set's parts have.
        extractor: see `extractors.get`; by default `classifier` for labelled images,
            else `pixels`.
        only: names of scores, see `scores.BETTER`; by default all that apply.
        dataset: of a model that is no run; a run knows its own.
        data_dir: as of `load_data`, where it is not the run's.
        seed: of the latents.
        scorer: of an earlier call (`scorer_for`), which saves loading and measuring
            the same real data again; it stands for n, extractor and data set.

    Raises:
        ValueError: no such run or file, one of a newer version, a data set that is
            not the run's, an extractor or a score that does not apply, fewer samples
            than the scores need, NaN or constant samples.
    """
    models = _models(source)
    run = None if isinstance(source, keras.Model) else directory.read_config(source)
    if scorer is None:
        parts = _parts(run, models["last"], dataset, data_dir)
        scorer = scorer_for(models["last"], parts, n=n, extractor=extractor)
    elif run is not None:
        _check_same_set(run["data"]["name"], scorer.parts.train.name)
    found = [
        score
        for kind, model in models.items()
        for score in measure(
            scorer,
            draw(model, scorer, seed),
            only=only,
            seed=seed,
            step=model.step,
            checkpoint=kind,
        )
    ]
    of_pairs = [
        name for name in metric_table.OF_PAIRS if name in (only or scorer.names())
    ]
    for name, samples in baselines(scorer).items():
        settings = {"only": of_pairs, "seed": seed, "step": 0, "checkpoint": name}
        found += measure(scorer, samples, **settings)
    evaluation = Evaluation(found, _notes(scorer, n))
    if run is not None:
        _write(Path(source) / FILE, evaluation)
    return evaluation


def read(run) -> Evaluation | None:
    """The `evaluation.json` of a run directory, None where there is none.

    Raises:
        ValueError: it is damaged, or of a newer version of ganzoo.
    """
    path = Path(run) / FILE
    if not path.is_file():
        return None
    try:
        content = untrusted.read_json(path)
        version = content["format"]
        if version == FORMAT:
            found = [Score.from_dict(score) for score in content["scores"]]
            return Evaluation(found, content["notes"])
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is damaged: {error}.") from error
    raise ValueError(
        f"{path} was written by a newer version of ganzoo (format {version}; this one "
        f"reads {FORMAT}). Update ganzoo to use it."
    )


def _models(source) -> dict:
    """The models of a source by the kind of checkpoint."""
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


def _parts(run, model, dataset, data_dir) -> Parts:
    """Those of the run's data set, or of one in the form that the model makes."""
    if run is None:
        if dataset is None:
            raise ValueError(
                "A model that is no run directory needs a data set to be scored on: "
                "dataset= (--dataset=). Received none."
            )
        form = {}
        if len(model.sample_shape) == 3 and Path(dataset).is_dir():
            *size, channels = model.sample_shape
            form = {"image_size": tuple(size), "channels": channels}
        wanted = next((key for key in SOURCES if key in model.batch_spec.entries), None)
        return load_parts(dataset, data_dir=data_dir, wanted=wanted, **form)
    experiment = from_dict(run["experiment"])
    _check_same_set(experiment.dataset, dataset or experiment.dataset)
    data_dir = data_dir or experiment.data_dir
    resolved = resolve(replace(experiment, data_dir=data_dir))
    if resolved.data.fingerprint != run["data"]["fingerprint"]:
        raise ValueError(
            f"The data set {experiment.dataset!r} is not the one of the run: it has "
            "changed since."
        )
    return resolved.parts


def _notes(scorer, n):
    extractor, real = scorer.extractor, scorer.test
    notes = [f"{scorer.n} samples; extractor {extractor.label}."]
    if extractor.classes:
        right = accuracy(real.probabilities, real.data.arrays["label"])
        notes.append(f"The classifier's accuracy on real test data: {right:.2%}.")
    if extractor.note:
        notes.append(f"Note: {extractor.note}.")
    if scorer.n < n:
        notes.append(
            f"Fewer than the {n} asked for: a floor needs as many real samples, and "
            "the data have no more."
        )
    return notes


def _check_same_set(own, received):
    if own != received:
        raise ValueError(
            f"A run is scored on the data set that it was trained on, {own!r}. "
            f"Received: {received!r}."
        )


def _write(path, evaluation):
    found = [score.to_dict() for score in evaluation.scores]
    content = {"format": FORMAT, "notes": evaluation.notes, "scores": found}
    text = json.dumps(content, indent=2) + "\n"
    files.write_atomically(path, text.encode())


BLOCK = 256  # images at a time, which bounds the memory


def baselines(scorer: Scorer) -> dict[str, Data]:
    """As many answers as the scorer takes, by name; none where no answers are known.

    `source`: the source itself, in size and channels of the answers wanted (bicubic);
    of a source of several images, such as frames, the last of them.
    `mean image`: that of the training split, which has the least squared error of all
    answers that do not look at the source.
    """
    if "pairs" not in scorer.facts:
        return {}
    source = scorer.test.data.arrays["source"]
    height, width, channels = scorer.parts.train.sample_shape
    mean = np.rint(_mean(scorer.parts.train.arrays["real"])).astype(np.uint8)
    answers = {
        "source": reshape_images(
            source[..., -channels:], Form((height, width), channels)
        ),
        "mean image": np.repeat(mean[np.newaxis], scorer.n, axis=0),
    }
    return {name: Data(name, {"real": real}) for name, real in answers.items()}


def _mean(images):
    blocks = range(0, len(images), BLOCK)
    total = sum(images[i : i + BLOCK].sum(axis=0, dtype=float) for i in blocks)
    return total / len(images)
