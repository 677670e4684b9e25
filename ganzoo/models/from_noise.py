"""LatentModel: a generator of samples from noise, and how it is used."""

from __future__ import annotations  # `help` shows ArrayLike by its name

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike
from PIL import Image

from ganzoo import distribute
from ganzoo.data import codecs, labels
from ganzoo.data.tables import Table
from ganzoo.layers import MeanBias, noise_from
from ganzoo.models import walks
from ganzoo.models.adversarial import AdversarialModel, feed
from ganzoo.models.image_arrays import spread
from ganzoo.models.priors import PRIORS
from ganzoo.models.projection import Projection, project
from ganzoo.models.seeds import Use
from ganzoo.models.user_networks import named
from ganzoo.plots import pictures
from ganzoo.utils.options import check_known, check_seed, check_whole

if TYPE_CHECKING:
    import pandas

CHUNK = 256  # samples generated at once, which bounds memory for any n
MANY = 4  # chunks that pay for the compilation of a function
CALL_VALUES = 2**22  # values that one compiled call makes, at least one chunk's
MOST_ROWS = 20  # classes of a conditional model's picture
SEED, PLACE = tf.TensorSpec((2,), "int32"), tf.TensorSpec((), "int32")


def check_latents(model) -> None:
    """Raises ValueError unless a model makes samples from latents."""
    if not isinstance(model, LatentModel):
        raise ValueError(
            "This needs a model that makes samples from latents, such as a dcgan or a "
            f"vae. Received: {type(model).__name__}, which makes images from images."
        )


class LatentModel(AdversarialModel):
    """A generator from noise to samples, trained by any loss.

    The networks declare their conditions: each takes a dict of named inputs, and
    receives the values that it names. The generator may name `latent` and `label`.

    Args:
        generator: latent (N, latent_dim) to samples in `value_range`.
        prior: `normal` N(0, 1), `uniform` U(-1, 1) or `unit_uniform` U(0, 1).
        num_classes: number of classes if the networks take a label, else 0.
        condition: what labels are, see `data.labels.get`, instead of `num_classes`;
            `fit` completes it with the names of classes, or statistics, of the data.
        table: schema of the rows that samples are, see `data.Table`; `fit` takes it
            from the data.
        **settings: see `AdversarialModel`.
    """

    has_probability = False  # True if D(x) of a sample is a probability

    def __init__(
        self,
        *,
        generator,
        prior="normal",
        num_classes=0,
        condition=None,
        table=None,
        **settings,
    ):
        super().__init__(**settings)
        check_known("prior", [prior], PRIORS)
        self.generator = named(generator, "latent")
        self.prior = prior
        entry = labels.get(condition or num_classes)
        self.condition = entry and entry.spec
        self.num_classes = entry.count if isinstance(entry, labels.Labels) else 0
        self._table = table and Table.of(table)

    @property
    def generators(self):
        return [self.generator]

    @property
    def batch_spec(self):
        spec = replace(super().batch_spec, table=self._table)
        return spec.plus(label=self._entry) if self._entry else spec

    @property
    def table(self) -> dict | None:
        """Schema of the rows that samples are, see `data.Table`; None for others."""
        return self._table and self._table.spec

    @table.setter
    def table(self, spec):
        self._table = spec and Table.of(spec)

    @property
    def _entry(self):
        return labels.get(self.condition)

    def learn(self, spec):
        self._table = spec.table
        if "label" in spec.entries:
            self._learn_labels(spec)

    def _learn_labels(self, spec):
        learned = spec.entries["label"].settled.spec
        if learned != self.condition:
            self.condition = learned
            self._functions = {}  # which hold the statistics of numbers

    def adapt(self, batch):
        """Starts G's bias from the mean of the samples, if G asks for that."""
        fresh = self.generator.name not in self.warm
        for layer in self.generator.layers:
            if fresh and isinstance(layer, MeanBias):
                layer.initialize(batch["real"])
        super().adapt(batch)

    def generate(self, batch, training):
        seed = distribute.fold(batch["seed"], Use.LATENT)
        count = distribute.local_count(batch["real"])
        inputs = {**batch, "latent": self._draw(count, seed)}
        sample = self._feed(self.generator, inputs, training)
        return {**inputs, "sample": sample}

    # --- use --------------------------------------------------------------------

    @property
    def conditional(self) -> bool:
        """True if samples are conditioned on labels from the data."""
        return bool(self._entry and "label" in self.batch_spec.entries)

    @property
    def sample_keys(self):
        return ("label",) if self.conditional else ()

    @property
    def latent_dim(self) -> int:
        """Length of a latent."""
        return self.generator.input["latent"].shape[-1]

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """Shape of one sample."""
        return tuple(self.generator.output.shape[1:])

    def latents(
        self, n: int, seed: int = 0, truncation: float | None = None
    ) -> np.ndarray:
        """Draws n latents (n, latent_dim) from the prior.

        A larger n starts with the same latents as a smaller one; for `truncation`, see
        `sample`.
        """
        check_whole(0, n=n)
        check_seed(seed)
        # NumPy's integers may be of eight bits.
        seed, count = tf.constant([int(seed), 1]), tf.constant(-(-int(n) // CHUNK))
        draw = self._draw_chunks
        if n >= MANY * CHUNK:
            draw = self._traced("drawn", draw, SEED, PLACE)
        values = draw(seed, count).numpy()[:n]
        return values if truncation is None else self._truncated(values, truncation)

    def _draw_chunks(self, seed, count):
        """The first `count` chunks of latents of a seed."""
        chunks = tf.map_fn(
            lambda i: self._draw(CHUNK, distribute.fold(seed, i)),
            tf.range(count),
            fn_output_signature=self.variable_dtype,
        )
        return tf.reshape(chunks, (-1, self.latent_dim))

    def _traced(self, key, function, *specs):
        """A function of tensors, compiled at the first call for its key."""
        if key not in self._functions:
            graph = tf.function(function, autograph=False)
            self._functions[key] = graph.get_concrete_function(*specs)
        return self._functions[key]

    def _truncated(self, latents, psi):
        if self.prior != "normal":
            raise ValueError(
                "`truncation` moves latents to where the prior is densest. A uniform "
                "prior has no such centre: use prior='normal'. "
                f"Received: truncation={psi} with the prior {self.prior!r}."
            )
        if not 0 <= psi <= 1:
            raise ValueError(
                "`truncation` must be from 0, the mean latent alone, to 1, the whole "
                f"prior. Received: {psi}."
            )
        return latents * latents.dtype.type(psi)

    def sample(
        self,
        n: int,
        *,
        seed: int = 0,
        label: ArrayLike | None = None,
        ema: bool | None = None,
        truncation: float | None = None,
        into: Callable[[np.ndarray], object] | None = None,
    ) -> np.ndarray:
        """Generates n samples.

        Args:
            n: number of samples, which are made a few hundred at a time.
            seed: seed of the latents, and of G's noise if it has any. The same n, seed
                and weights give the same samples.
            label: a label, or n of them, for conditional models: a class by name, or
                by number where classes have none; tags as 0 and 1, or "red,round";
                a vector of numbers. By default the classes or tags in turn, or
                numbers from the lowest to the highest.
            ema: if True, use the running average of the generator; by default, use it
                if there is one.
            truncation: psi in [0, 1]; each latent z becomes psi z, nearer to the mean
                latent 0: samples are more typical and vary less (Karras et al. 2019,
                arXiv 1812.04948, appendix B). By default the prior as it is.
            into: a function that takes the samples chunk by chunk, for more of them
                than memory holds; then none are returned.

        Returns:
            uint8 images (n, H, W, C) in 0..255; floats (n, d) if samples have no
            `value_range`: of a table, rows as its data hold them (`sample_frame` for
            a frame).

        Raises:
            ValueError: a negative n, a label that the model does not know,
                `ema=True` if no average is kept, or a truncation of a prior other
                than the normal one.
        """
        latents = self.latents(n, seed, truncation)
        return self.decode(latents, label=label, ema=ema, seed=int(seed), into=into)

    def show(
        self, n: int = 16, *, columns: int | None = None, **settings: Any
    ) -> Image.Image:
        """Draws n samples, as `ganzoo sample --out=x.png` does; notebooks show it.

        A grid of images, of up to 16 volumes, or of what one-hot samples mean; for
        vectors, their first two coordinates; for numbers, a histogram.

        Args:
            n: number of samples, from 1.
            columns: samples per row; by default the grid is about square.
            **settings: the other arguments of `sample`: `seed`, `label`, `caption`, ...
        """
        samples, codec = self.sample(n, **settings), codecs.get(self.codec)
        return Image.fromarray(pictures.samples_picture(samples, columns, codec=codec))

    @property
    def _inputs(self) -> str:
        """The inputs of the exported generator, in words."""
        inputs = f"latent (n, {self.latent_dim}) from the prior {self.prior!r}"
        if self._entry:
            inputs += f", {self._entry.input}"
        return inputs

    @property
    def interface(self) -> str:
        """The inputs and outputs of the exported generator, in words."""
        return (
            f"{self._inputs}, to samples (n, {', '.join(map(str, self.sample_shape))})"
        )

    def sample_frame(
        self,
        n: int,
        *,
        seed: int = 0,
        label: ArrayLike | None = None,
        ema: bool | None = None,
        truncation: float | None = None,
    ) -> pandas.DataFrame:
        """Generates n rows like those of the table that the model was trained on.

        Columns, their order and dtypes are the table's; numbers stay within the range
        of the training rows, and have no more decimals than those.

        Args:
            n: number of rows.
            seed: as in `sample`.
            label: as in `sample`; by default, classes are drawn as often as they were
                in training, and numbers are those of `sample`, with the decimals of the
                training rows.
            ema: as in `sample`.
            truncation: as in `sample`.

        Raises:
            ValueError: as `sample`, or the model was not trained on a table.
            ImportError: pandas is not installed.
        """
        if self._table is None:
            raise ValueError(
                "This model was not trained on a table, so its samples are arrays: "
                "use `sample`, and .npz for a file."
            )
        latents = self.latents(n, seed, truncation)
        if not self._entry:
            vectors = self._decode(latents, self._conditions(label, n), ema, seed)
            return self._table.frame(vectors)
        if label is None and self._table.class_names:
            label = self._table.draw_classes(n, seed)
        elif label is None:
            label = self._table.rounded(self._entry.examples(n))
        labels = self._entry.expand(label, n)
        vectors = self._decode(latents, self._label_input(labels), ema, seed)
        return self._table.frame(vectors, labels)

    def as_samples(self, values):
        """As `AdversarialModel.as_samples`; for a table, vectors of possible rows."""
        samples = super().as_samples(values)
        return self._table.snap(samples) if self._table else samples

    def sample_for(self, data, n, seed):
        """As in `AdversarialModel`.

        Raises:
            ValueError: symbols that mean something else than the model's.
        """
        if self.codec and data.codec and data.codec.spec != self.codec:
            raise ValueError(
                f"The symbols of {data.name!r} are not those that the model was "
                f"trained on, {self.codec}. Received: {data.codec.spec}."
            )
        known = {key: spread(data.arrays[key], n) for key in self.sample_keys}
        labels_by_key = {key: data.named(array) for key, array in known.items()}
        return {"real": self.sample(n, seed=seed, **labels_by_key), **known}

    def gallery(self, arrays, count):
        """Samples of fixed latents; a row for each class of a conditional model."""
        if not self._entry:
            return self.sample(count, seed=1), None
        columns, rows = 8, min(self._entry.rows, MOST_ROWS)
        latents = self.latents(rows * columns, seed=1)
        label = np.repeat(self._entry.examples(rows), columns, axis=0)
        return self._decode(latents, self._label_input(label), None, 1), columns

    def decode(
        self,
        latents: ArrayLike,
        *,
        label: ArrayLike | None = None,
        ema: bool | None = None,
        seed: int = 0,
        into: Callable[[np.ndarray], object] | None = None,
    ) -> np.ndarray:
        """Generates the samples of given latents.

        Args:
            latents: (n, latent_dim), such as `latents` gives.
            label: as in `sample`, as are `ema` and `into`.
            seed: seed of G's noise if it has any.

        Returns:
            Samples (n, ...), as `sample` returns them.

        Raises:
            ValueError: latents of another shape, and as `sample`.
        """
        check_seed(seed)
        checked = self._checked_latents(latents)
        conditions = self._conditions(label, len(checked))
        return self._decode(checked, conditions, ema, seed, into)

    def _checked_latents(self, latents):
        latents = np.asarray(latents, self.variable_dtype)
        if latents.ndim != 2 or latents.shape[1] != self.latent_dim:
            raise ValueError(
                f"Latents must have shape (n, {self.latent_dim}). "
                f"Received: {latents.shape}."
            )
        if not np.isfinite(latents).all():
            rows = np.flatnonzero(~np.isfinite(latents).all(axis=1))
            raise ValueError(
                "Latents must be finite. Received: NaN or infinite values in "
                f"{len(rows)} of {len(latents)} latents, the first at {rows[0]}."
            )
        return latents

    def _decode(self, latents, conditions, ema, seed, into=None):
        """Decodes latents with their conditions, in chunks, into one array.

        With a function `into`, each chunk goes to it instead.
        """
        latents = latents.astype(self.variable_dtype, copy=False)
        inputs = {"latent": latents, **conditions}
        dtype = self.variable_dtype if self.value_range is None else "uint8"
        count = 0 if into else len(latents)
        samples = np.empty((count, *self.sample_shape), dtype)
        whole = len(latents) // CHUNK * CHUNK if len(latents) >= MANY * CHUNK else 0
        size = CHUNK * max(1, CALL_VALUES // (CHUNK * math.prod(self.sample_shape)))
        compiled = [(i, min(i + size, whole)) for i in range(0, whole, size)]
        rest = [(i, i + CHUNK) for i in range(whole, len(latents), CHUNK)]
        for i, end in compiled + rest:
            part = {key: tf.constant(value[i:end]) for key, value in inputs.items()}
            place = tf.constant([seed, 1]), tf.constant(i)
            if i < whole:
                made = self._finished(*self._compiled(ema, part)(part, *place))
            else:
                made = self._finished(*self._samples_at(part, ema, *place))
            if into:
                into(made)
            else:
                samples[i:end] = made
        return samples

    def interpolate(
        self,
        a: ArrayLike,
        b: ArrayLike,
        n: int = 10,
        *,
        label: ArrayLike | None = None,
        ema: bool | None = None,
    ) -> np.ndarray:
        """Generates n samples on the path from latent a to latent b, ends included.

        The path is the great circle for a normal prior, a straight line otherwise
        (White 2016, arXiv 1609.04468). The label is the same all along the path; by
        default, it is the first of those in `sample`.

        Args:
            a: latent (latent_dim,), the first end.
            b: latent (latent_dim,), the last end.
            n: number of samples, from 1, which is `a`.
            label: one label, as in `sample`, for conditional models.
            ema: as in `sample`.

        Returns:
            Samples (n, ...), as `sample` returns them.

        Raises:
            ValueError: ends of another shape, n that is no number from 1, an unknown
                label, `ema=True` if no average is kept.
        """
        latents = self.path(a, b, n).astype(self.variable_dtype)
        conditions = self._conditions(label, n)
        if label is None and self._entry:
            conditions = self._label_input(
                np.repeat(self._entry.examples(1), n, axis=0)
            )
        return self._decode(latents, conditions, ema, 0)

    def path(self, a, b, n):
        """The n latents of `interpolate`."""
        check_whole(1, n=n)
        for end in (a, b):
            self._checked_latents(np.asarray(end)[np.newaxis])
        return (walks.slerp if self.prior == "normal" else walks.lerp)(a, b, n)

    def project(self, x, *, label=None, **settings) -> Projection:
        """Finds latents whose samples are near given samples (n, ...).

        Args:
            x: uint8, or floats in `value_range`.
            label: a label, or n of them, for conditional models, as in `sample`.
            **settings: see `projection.project`, as for the errors.
        """
        return project(self, x, self._conditions(label, len(x)), **settings)

    @property
    def sampler(self):
        """The network behind `sample`, for export."""
        return self.average_of(self.generator)

    def _checked(self, x):
        """Checks samples (n, ...), n from 0, as input for D."""
        return self.batch_spec.entries["real"].checked_few("real", np.asarray(x))

    def _by_chunks(self, function, x):
        """Applies `function` to samples (n, ...), checked and scaled, in chunks."""
        x = self._checked(x)
        chunks = [
            function(self._scale(x[i : i + CHUNK]))
            for i in range(0, len(x) or 1, CHUNK)
        ]
        return tf.nest.map_structure(lambda *parts: np.concatenate(parts), *chunks)

    def call(self, inputs, training=False):
        """Maps latents to samples with the generator, or its running average."""
        values = inputs if isinstance(inputs, Mapping) else {"latent": inputs}
        return self._samples_of(values, None, training)

    def _samples_of(self, inputs, ema, training):
        """Samples from inputs, by the generator or, as `ema` says, its average."""
        return feed(self._choose(self.generator, ema), inputs, training)

    def _compiled(self, ema, inputs):
        """`_in_chunks` as a compiled function, for any number of chunks."""
        any_number = {
            name: tf.TensorSpec((None, *value.shape[1:]), value.dtype)
            for name, value in inputs.items()
        }

        def make(inputs, seed, first):
            return self._in_chunks(inputs, ema, seed, first)

        return self._traced(("made", ema), make, any_number, SEED, PLACE)

    def _in_chunks(self, inputs, ema, seed, first):
        """`_samples_at` of whole chunks, one after the other."""
        shapes = {key: (CHUNK, *value.shape[1:]) for key, value in inputs.items()}

        def chunk(i):
            parts = {key: value[i : i + CHUNK] for key, value in inputs.items()}
            parts = {k: tf.ensure_shape(v, shapes[k]) for k, v in parts.items()}
            return self._samples_at(parts, ema, seed, first + i)

        kinds = ("uint8", "bool") if self.value_range else (self.variable_dtype,)
        values, *finite = tf.map_fn(
            chunk,
            tf.range(0, tf.shape(inputs["latent"])[0], CHUNK),
            fn_output_signature=kinds,
            parallel_iterations=1,  # one chunk's maps in memory
        )
        values = tf.reshape(values, (-1, *self.sample_shape))
        return values, *(tf.reduce_all(each) for each in finite)

    def _samples_at(self, inputs, ema, seed, place):
        """Samples (n, ...) whose first is number `place`, as uint8 where they can be.

        The conversion belongs to the graph: there it runs on all cores, and a quarter
        of the bytes leaves it.
        """
        values = self.inferred(inputs, ema, distribute.fold(seed, place))
        return self._as_pixels(values) if self.value_range else (values,)

    def _finished(self, values, finite=None):
        samples = values if finite is None else self._checked_pixels(values, finite)
        return self.as_samples(samples)

    def inferred(self, inputs, ema, noise):
        """Samples in inference, differentiable; `noise` seeds the generator's own."""
        with noise_from(noise):
            samples = self._samples_of(inputs, ema, False)
        return tf.cast(samples, self.variable_dtype)

    def _draw(self, count, seed):
        shape = (count, self.latent_dim)
        return PRIORS[self.prior].draw(shape, seed, self.variable_dtype)

    def _conditions(self, label, n):
        """The network's input `label` for n samples, {} for a model without labels."""
        if self._entry:
            return self._label_input(self._entry.expand(label, n))
        if label is not None:
            raise ValueError(f"This model takes no label. Received: {label}.")
        return {}

    def _label_input(self, label):
        return {"label": self._entry.tensor(label, self.variable_dtype).numpy()}
