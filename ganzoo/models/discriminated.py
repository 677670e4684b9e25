"""JudgedModel: a discriminator, its loss, penalties and augmentation."""

from collections.abc import Mapping

import keras
import tensorflow as tf

from ganzoo import distribute, losses
from ganzoo.augment import get as augmentation
from ganzoo.layers import (
    DataDependent,
    MinibatchDiscrimination,
    MinibatchStdDev,
    starting,
)
from ganzoo.models.adversarial import AdversarialModel, feed, layer_noise
from ganzoo.models.players import all_layers, trained_weights
from ganzoo.models.seeds import Use
from ganzoo.models.user_networks import named
from ganzoo.penalties import terms_of
from ganzoo.utils.options import is_number

# Layers of D that exchange values with the other replicas.
SPANNING = (keras.layers.BatchNormalization, MinibatchDiscrimination, MinibatchStdDev)


class JudgedModel(AdversarialModel):
    """A discriminator for any generator's samples, and both players' losses.

    The discriminator names its inputs: `sample`, and other keys of the batch.

    Args:
        discriminator: network from samples to logits, (N, 1) or a map (N, h, w, 1);
            None for a model without D.
        loss: as `losses.get` takes it.
        augment: augmentation of real and fake samples before D, in both steps of
            training: names joined by commas, or a list of names and of tables with
            options.
        penalties: penalties on D, `{name: weight}` or
            `{name: {"weight": ..., option: value}}`.
        d_clip: limit of all of D's trained weights, gains and biases included, to
            [-d_clip, d_clip]; 0 for none.
        **settings: see `AdversarialModel`.
    """

    refused: Mapping[str, str] = {}  # unsupported options, and the reasons

    def __init__(
        self,
        *,
        discriminator,
        loss="non_saturating",
        augment=None,
        penalties=None,
        d_clip=0.0,
        **settings,
    ):
        super().__init__(**settings)
        self.discriminator = named(discriminator, "sample")
        self.loss = loss
        self.loss_functions = losses.get(loss)
        self.augment = augment
        self.penalties = penalties
        self.penalty_terms = terms_of(penalties)
        self.penalty_state = [
            v for term in self.penalty_terms.values() for v in term.penalty.state
        ]
        self.loss_terms = (*self.loss_terms, *(f"d_{n}" for n in self.penalty_terms))
        self.d_clip = d_clip
        for option, reason in self.refused.items():
            if getattr(self, option):
                raise ValueError(
                    f"{type(self).__name__} takes no `{option}`: {reason}. "
                    f"Received: {getattr(self, option)!r}."
                )

    @classmethod
    def d_arguments(cls, image_shape, condition, settings) -> dict:
        """Arguments of a family's discriminator, for `networks.make`.

        Args:
            image_shape: shape of a sample.
            condition: a `data.labels.Condition`, None for no labels.
            settings: settings of the model.
        """
        return {"image_shape": image_shape, "condition": condition}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        if "objective" in config:  # the name of the loss in files of 0.1.0
            config["loss"] = config.pop("objective")
        return super().from_config(config, custom_objects)

    def compile(self, *args, **kwargs):
        """As `Trainer.compile`; refuses penalties that do not fit the networks."""
        super().compile(*args, **kwargs)
        shape, span = self.sample_shape, self.value_range
        self.augmented = augmentation(self.augment, shape, span)
        for option in ("augment", "d_clip") if not self.discriminators else ():
            if getattr(self, option):
                raise ValueError(
                    f"`{option}` is for models with a D. "
                    f"Received: {getattr(self, option)!r} without one."
                )
        _check_penalties(self.penalty_terms, self.discriminators)
        _clip(self.discriminators, self.d_clip)

    def adapt(self, batch):
        """Initialises D's data-dependent layers from the real samples."""
        super().adapt(batch)
        fresh = [d for d in self.discriminators if d.name not in self.warm]
        layers = [x for x in all_layers(fresh) if isinstance(x, DataDependent)]
        if layers:
            batch = {**batch, "seed": self.step_seed()}
            with starting(layers), layer_noise(batch):
                self._judge_real(batch, training=True)

    # --- answers ----------------------------------------------------------------

    @property
    def discriminators(self):
        return [self.discriminator] if self.discriminator else []

    @property
    def watched(self):
        known = self.discriminators and self.loss_functions.probability
        return ("d_real", "d_fake") if known else ()

    def check_trained(self) -> None:
        """Refuses answers of a new D next to a trained G, as in some pretrained models.

        Raises:
            ValueError: only G holds trained weights, and nothing was trained since.
        """
        if self.warm and not self.step and self.discriminator.name not in self.warm:
            raise ValueError(
                "This model holds a trained G alone: its D is new, and its answers are "
                "chance. Train it first, or load another. "
                f"Received: trained {', '.join(self.warm)}."
            )

    def outputs(self, inputs, training):
        """D's outputs for `inputs["sample"]`, by name, float32 or better.

        A D with one output has {"logits"}.
        """
        out = feed(self.discriminator, inputs, training)
        named = out if isinstance(out, Mapping) else {"logits": out}
        return {k: tf.cast(value, self.variable_dtype) for k, value in named.items()}

    def discriminate(self, inputs, training):
        """D's logits for `inputs["sample"]`, float32 or better."""
        return self.outputs(inputs, training)["logits"]

    def view(self, inputs, use, training):
        """Augments the sample in training, and returns D's inputs.

        Args:
            inputs: D's inputs, with the `sample` and the step's `seed`.
            use: number to fold into the seed, so that each use has its own changes.
        """
        if not training:
            return inputs
        seed = distribute.fold(inputs["seed"], use)
        sample = self.augmented(inputs["sample"], seed, self.updates.count)
        return {**inputs, "sample": sample}

    def judge(self, inputs, use, training):
        """D's logits for a sample, augmented by `view`."""
        return self.discriminate(self.view(inputs, use, training), training)

    def discriminator_loss(self, batch, fake, training):
        real_logits = self._judge_real(batch, training)
        logits = self.judge({**batch, **fake}, Use.AUGMENT_FAKE, training)
        return self._d_terms(batch, fake, real_logits, logits, training)

    def _d_terms(self, batch, fake, real_logits, logits, training):
        """D's terms from its logits of real and fake samples."""
        terms = {"d_adv": self.loss_functions.discriminator(real_logits, logits)}
        judged = real_logits, logits
        terms |= self._penalise(batch, fake["sample"], judged, training)
        watched = self._watch(real_logits, logits)
        watched["real_logit"] = tf.reduce_mean(real_logits)
        watched["fake_logit"] = tf.reduce_mean(logits)
        return terms, watched

    def generator_loss(self, batch, fake, training):
        logits = self.judge({**batch, **fake}, Use.AUGMENT_FAKE, training)
        return self._g_terms(batch, logits, training)

    def _g_terms(self, batch, logits, training):
        """G's terms from D's logits of fake samples."""
        real_logits = None
        if self.loss_functions.paired:
            real_logits = self._judge_real(batch, training)
        return {"g_adv": self.loss_functions.generator(real_logits, logits)}, {}

    def _judge_real(self, batch, training):
        return self.judge(
            {**batch, "sample": batch["real"]}, Use.AUGMENT_REAL, training
        )

    def _penalise(self, batch, fake, logits, training):
        """The weighted penalties, as d_<name>; `logits` are those of real and fake."""
        critic, real, terms = self._critic(batch, training), batch["real"], {}
        for i, (name, term) in enumerate(self.penalty_terms.items()):
            seed = distribute.fold(distribute.fold(batch["seed"], Use.PENALTY), i)
            update = batch["d_updates"] if training else None
            terms[f"d_{name}"] = term(critic, real, fake, seed, update, logits)
        return terms

    def _critic(self, batch, training):
        """Returns D's logits as a function of samples, with the rest of the batch."""

        def critic(samples):
            return self.judge(
                {**batch, "sample": samples}, Use.AUGMENT_PENALTY, training
            )

        return critic

    def _watch(self, real, fake):
        """Mean D(x) and D(G(z)), if D's output is a probability."""
        probability = self.loss_functions.probability
        if not probability:
            return {}
        return {
            "d_real": tf.reduce_mean(probability(real)),
            "d_fake": tf.reduce_mean(probability(fake)),
        }

    def after_step(self, values):
        super().after_step(values)
        for term in self.penalty_terms.values():
            term.penalty.follow(values)


def _check_penalties(terms, discriminators):
    if terms and not discriminators:
        raise ValueError(
            "Penalties need a discriminator, and this model has none. Remove "
            f"`penalties`. Received: {', '.join(terms)}."
        )
    layers = all_layers(discriminators)
    for name, term in terms.items():
        mixing = _names(layers, keras.layers.BatchNormalization)
        if term.penalty.per_sample and mixing:
            raise ValueError(
                f"The penalty {name!r} takes D's gradient at each sample, which batch "
                "normalisation makes depend on the others. Build D without it: "
                f'd_norm="layer", "none" or "instance". Received: {mixing}.'
            )
        spanning = not term.penalty.of_logits and _names(layers, SPANNING)
        if term.every > 1 and spanning and distribute.replica_count() > 1:
            raise ValueError(
                f"Under several replicas the penalty {name!r} needs every=1: layers "
                "that see the whole batch cannot be left out of a step. "
                f"Received: every={term.every} with {spanning}."
            )


def _names(layers, kinds):
    return ", ".join(layer.name for layer in layers if isinstance(layer, kinds))


def _clip(networks, limit):
    if not is_number(limit) or limit < 0:
        raise ValueError(
            f"`d_clip` must be a number from 0; 0 does not clip. Received: {limit!r}."
        )
    for variable in trained_weights(networks) if limit else ():
        if not isinstance(variable.constraint, Clip | None):
            raise ValueError(
                "`d_clip` needs weights without another constraint, such as spectral "
                f"normalisation has. Received: d_clip={limit} and "
                f"{variable.constraint} on {variable.path}."
            )
        variable.constraint = Clip(limit)


@keras.saving.register_keras_serializable("ganzoo")
class Clip(keras.constraints.Constraint):
    """Keeps every weight in [-limit, limit] (WGAN, arXiv 1701.07875, algorithm 1)."""

    def __init__(self, limit):
        self.limit = limit

    def __call__(self, weights):
        return keras.ops.clip(weights, -self.limit, self.limit)

    def get_config(self):
        return {"limit": self.limit}
