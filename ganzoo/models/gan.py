"""GAN: the default model, from noise to samples."""

from __future__ import annotations  # `help` shows ArrayLike by its name

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from ganzoo.models.discriminated import JudgedModel
from ganzoo.models.from_noise import CHUNK, LatentModel


@keras.saving.register_keras_serializable("ganzoo")
class GAN(JudgedModel, LatentModel):
    """A generator of samples from noise, and a discriminator of samples.

    The discriminator may name the inputs `sample` and `label`.

    Args:
        **settings: see `JudgedModel` and `LatentModel`.
    """

    loss_terms = ("d_adv", "g_adv")

    # --- use --------------------------------------------------------------------

    @property
    def has_probability(self) -> bool:
        """True if D(x) of a sample is a probability."""
        return self.loss_functions.probability is not None

    def probability_real(
        self, x: ArrayLike, label: ArrayLike | None = None
    ) -> np.ndarray:
        """D(x) of samples, the probability that D gives to real.

        Args:
            x: samples (n, ...), uint8 or in `value_range`.
            label: a label, or n of them, for conditional models, as in `sample`.

        Returns:
            (n,), in [0, 1].

        Raises:
            ValueError: D(x) of a sample is not a probability, or D is not trained.
        """
        if not self.has_probability:
            raise ValueError(
                "D(x) of a sample is no probability here; probability_real needs a "
                "loss such as 'non_saturating' and a D that judges samples one by "
                f"one. Received: {type(self).__name__}, loss {self.loss!r}."
            )
        self.check_trained()
        if label is None and "label" in self.discriminator.input:
            raise ValueError("D(x) of this model depends on the label: give `label`.")
        samples = self._checked(x)
        inputs = {"sample": samples, **self._conditions(label, len(samples))}
        values = [np.empty(0, self.variable_dtype)] + [
            self._probability_chunk({k: v[i : i + CHUNK] for k, v in inputs.items()})
            for i in range(0, len(samples), CHUNK)
        ]
        return np.concatenate(values)

    def _probability_chunk(self, arrays):
        inputs = {key: tf.convert_to_tensor(value) for key, value in arrays.items()}
        inputs["sample"] = self._scale(arrays["sample"])
        logits = self.discriminate(inputs, training=False)
        probability = self.loss_functions.probability(logits)
        return tf.reshape(probability, (len(arrays["sample"]), -1)).numpy().mean(axis=1)
