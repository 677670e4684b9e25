"""`assemble`: builds a compiled model from networks and settings."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras

from ganzoo import losses, networks
from ganzoo.data import codecs, labels
from ganzoo.data.symbols import check_kinds
from ganzoo.models import optimizers
from ganzoo.models.adversarial import AdversarialModel
from ganzoo.models.gan import GAN
from ganzoo.models.user_networks import (
    check_ends,
    check_inputs,
    check_unregularised,
    named,
    warn_of_noise,
)
from ganzoo.penalties import lazy_ratio, terms_of
from ganzoo.utils import precision
from ganzoo.utils.options import check_known, check_whole

OF_NETWORKS = {
    "image_shape": (28, 28, 1),
    "latent_dim": 100,
    "num_classes": 0,
    "condition": None,
    "d_norm": None,
    "value_range": "auto",
}
"""Options of models whose networks `assemble` builds, and their defaults."""


def assemble(
    model: type[Any] = GAN,
    *,
    network: str | Mapping | None = None,
    image_shape: Sequence[int] | None = None,
    latent_dim: int | None = None,
    num_classes: int | None = None,
    condition: Sequence[str] | str | Mapping | None = None,
    d_norm: str | None = None,
    value_range: Sequence[float] | str | None = "auto",
    loss: str | Mapping | losses.Loss | Callable = "non_saturating",
    augment: str | Sequence | None = None,
    penalties: Mapping | None = None,
    d_clip: float = 0.0,
    d_steps: int = 1,
    learning_rate: float | optimizers.Schedule | Mapping = 2e-4,
    d_learning_rate: float | optimizers.Schedule | None = None,
    g_learning_rate: float | optimizers.Schedule | None = None,
    beta_1: float = 0.5,
    beta_2: float = 0.999,
    epsilon: float = 1e-7,
    d_optimizer: keras.optimizers.Optimizer | str | Mapping | None = None,
    g_optimizer: keras.optimizers.Optimizer | str | Mapping | None = None,
    decay_steps: int | None = None,
    decay: str | Mapping = "half",
    prior: str = "normal",
    codec: Mapping | str | None = None,
    ema_decay: float = 0.0,
    seed: int = 0,
    jit_compile: bool = False,
    **options: Any,
) -> AdversarialModel:
    """Makes and compiles a model; its keywords are the options of every builder.

    Args:
        model: class of the model.
        network: family of both players: `mlp`, `dcgan`, `resnet`, `volumetric`,
            `graph`, `resnet1d`, or `auto`, which chooses by `codec`, or else by the
            rank of `image_shape`; or a table such as {name = "resnet", d_filters =
            32}. None if `options` hold networks.
        image_shape: (H, W, C), (D, H, W, C), (L, C) for signals or one-hot symbols,
            or (d,) for vectors; by default (28, 28, 1). Convolutional families need
            sides of at least 8.
        latent_dim: length of the latent; by default 100.
        num_classes: number of classes of the labels; 0 for no labels.
        condition: what labels are, instead of `num_classes`: names of classes; a table
            {name = "tags", names = [...]} for several classes of a sample at once; or
            "numbers", or {name = "numbers", count = 2}, for a vector of floats.
        d_norm: D's normalisation: `none`, `batch`, `layer`, `instance` or `spectral`;
            by default the family's own, or one that is compatible with a penalty.
        value_range: (low, high) of the samples; `auto` is (-1, 1), None (unbounded)
            for vectors and signals, or (0, 1) for one-hot symbols.
        loss: a loss by name, or `{"name": ..., option: value}`; in code also a
            `losses.Loss`, or a function `(real_logits, fake_logits) -> (D's loss, G's
            loss)` of two scalar means.
        augment: augmentation of real and fake samples before D in training: names
            joined by commas ("color,translation,cutout" is DiffAugment), or a list of
            names and of tables with options.
        penalties: penalties on D: a table of weights `{"r1": 10.0}`, or of tables with
            a weight, an interval in D updates and options of the penalty,
            `{"r1": {"weight": 10.0, "every": 16}}`. D's Adam rate and betas are
            corrected for the interval as in StyleGAN2, unless D has its own optimizer.
        d_clip: limit of all of D's weights, 0.01 in WGAN; 0 for none.
        d_steps: D updates for each G update.
        learning_rate: Adam's rate for both players, or `{"d": ..., "g": ...}`; in code
            also a `keras.optimizers.schedules.LearningRateSchedule`, which counts the
            updates of its player.
        d_learning_rate: D's own rate.
        g_learning_rate: G's own rate.
        beta_1: Adam's decay of the mean gradient.
        beta_2: Adam's decay of the squared gradient.
        epsilon: Adam's epsilon, added outside the square root.
        d_optimizer: D's optimizer instead of Adam: a `keras.optimizers.Optimizer`, or
            `adamw`, `rmsprop`, `sgd`, `ramped_sgd` or `{"name": ..., option: value}`,
            with the rate above unless it has its own; other settings are Keras'.
        g_optimizer: the same for G.
        decay_steps: total G updates, after which the learning rates are 0; None
            keeps them constant.
        decay: schedule of the rates: `half`, linearly down over the second half of
            `decay_steps`; `linear` or `cosine`, from the first step on. Without
            `decay_steps`: `{"name": "exponential", "factor": 0.999996, "lowest": 1e-6}`
        prior: `normal`, `uniform` (-1 to 1) or `unit_uniform` (0 to 1).
        codec: what one-hot samples (L, V) mean, so that `model.strings` can say it:
            `molecules`, or {name = "text", alphabet = "..."}; None for other samples.
        ema_decay: decay of the running average of G; 0 keeps none.
        seed: seed of all noise in training; if it is given, `build` also draws the
            first weights from it.
        jit_compile: compile the step with XLA (one device only).
        **options: options of the family, for both players or, with the prefix `g_` or
            `d_`, for one; they override the table's. The rest are settings of `model`.

    Raises:
        ValueError: an unknown option, with the nearest one, or one that is missing; a
            value that the family or the model does not support; samples whose symbols
            are not those of `codec`; or networks of yours whose inputs do not fit the
            samples and labels, whose last activation does not fit (D answers logits,
            and G samples in `value_range`) or that have regularizers, which no loss
            would see.
    """
    _check_class(model)
    precision.checked(None)  # of Keras' policy
    if decay_steps is not None:
        check_whole(1, decay_steps=decay_steps)
    of_networks = {
        "image_shape": image_shape,
        "latent_dim": latent_dim,
        "num_classes": num_classes,
        "condition": condition,
        "d_norm": d_norm,
        "value_range": value_range,
    }
    unset = {"value_range": "auto"}
    chosen = {k: v for k, v in of_networks.items() if v != unset.get(k)}
    if network is None:
        settings = {**chosen, **options}
        check_known("option of assemble with networks", settings, model.setting_names())
        _check_given(model, settings)
        if value_range == "auto":
            shape = named(settings["generator"], "latent").outputs[0].shape[1:]
            settings["value_range"] = networks.usual_range(shape, symbols=bool(codec))
    else:
        _check_without_networks(network, options)
        described = {**OF_NETWORKS, **chosen}
        table = networks.table(network, described["image_shape"], codec)
        settings = _with_networks(model, table, described, penalties, options)
    built = model(
        loss=loss,
        augment=augment,
        penalties=penalties,
        d_clip=d_clip,
        d_steps=d_steps,
        prior=prior,
        codec=codec,
        ema_decay=ema_decay,
        seed=seed,
        **settings,
    )
    if meaning := codecs.get(codec):
        check_kinds(built.sample_shape, meaning.kinds)
    if network is None:
        check_ends(built)
        check_unregularised(built)
        warn_of_noise([*built.generators, *built.discriminators])
        if isinstance(built, GAN):
            check_inputs(built, direct=type(built) is GAN)
    optimizers.check_betas(beta_1=beta_1, beta_2=beta_2)
    optimizers.check_epsilon(epsilon)
    adam = {"name": "adam", "beta_1": beta_1, "beta_2": beta_2, "epsilon": epsilon}
    _check_rate("d_learning_rate", d_learning_rate, d_optimizer)
    _check_rate("g_learning_rate", g_learning_rate, g_optimizer)
    d_rate, g_rate = _rates(learning_rate, d_learning_rate, g_learning_rate)
    d_adam = _lazy({**adam, "learning_rate": d_rate}, lazy_ratio(built.penalty_terms))
    d_player = d_optimizer or d_adam
    g_updates, d_updates = (
        decay_steps and decay_steps * updates for updates in (1, built.d_steps)
    )
    discriminators = built.discriminators
    built.compile(
        d_optimizer=optimizers.make(d_player, d_rate, decay, d_updates)
        if discriminators
        else None,
        g_optimizer=optimizers.make(g_optimizer or adam, g_rate, decay, g_updates),
        jit_compile=jit_compile,
    )
    return built


def _check_class(model):
    if not isinstance(model, type) or not issubclass(model, AdversarialModel):
        raise ValueError(
            "`model` is a class that inherits from ganzoo's models, such as GAN. "
            f"Received: {model!r}."
        )


def _check_given(model, settings):
    """Refuses a model without a network that it needs."""
    missing = sorted(model.needed_settings() - set(settings))
    if missing:
        raise ValueError(
            "assemble needs `network`, the name of a family, or networks of yours: "
            f"generator=, discriminator=. Missing for {model.__name__}: "
            f"{', '.join(missing)}."
        )


def _check_without_networks(network, options):
    """Refuses networks next to a family, which would make them as well."""
    given = [name for name in ("generator", "discriminator") if name in options]
    if given:
        raise ValueError(
            "A family makes both networks: give `network`, or networks of yours "
            f"instead. Received: network={network!r} and {', '.join(given)}."
        )


def _with_networks(model, table, described, penalties, options):
    """Builds the networks, and returns the settings of the model."""
    condition, num_classes = (described.pop(k) for k in ("condition", "num_classes"))
    entry = labels.get(condition or num_classes)
    of_model = model.setting_names()
    settings = {k: v for k, v in options.items() if k in of_model}
    of_family = {k: v for k, v in options.items() if k not in of_model}
    per_sample = any(term.penalty.per_sample for term in terms_of(penalties).values())
    players = networks.make(
        {**table, **of_family},
        **described,
        condition=entry,
        per_sample=per_sample,
        d_arguments=model.d_arguments(tuple(described["image_shape"]), entry, settings),
    )
    return {**players, "condition": entry and entry.spec, **settings}


def _lazy(adam, ratio):
    """Corrects Adam's settings for a term at an interval, see `lazy_ratio`."""
    corrected = {"learning_rate": optimizers.times(adam["learning_rate"], ratio)}
    corrected |= {beta: adam[beta] ** ratio for beta in ("beta_1", "beta_2")}
    return adam if ratio == 1 else {**adam, **corrected}


def _check_rate(name, rate, optimizer):
    """Refuses a rate for an optimizer that is made, and has its own."""
    if rate is not None and isinstance(optimizer, keras.optimizers.Optimizer):
        raise ValueError(
            f"`{name}` is for an optimizer by name; one that is made has its own rate. "
            f"Received: {rate!r} and {type(optimizer).__name__}."
        )


def _rates(rate, d_rate, g_rate):
    """The rates of D and G: their own if set, else the common one."""
    table = rate if isinstance(rate, Mapping) else {"d": rate, "g": rate}
    if set(table) != {"d", "g"}:
        raise ValueError(
            "`learning_rate` must be a number, or a table with the rates of both "
            f'players, {{"d": ..., "g": ...}}. Received: {rate!r}.'
        )
    return (
        optimizers.as_rate(table["d"] if d_rate is None else d_rate),
        optimizers.as_rate(table["g"] if g_rate is None else g_rate),
    )
