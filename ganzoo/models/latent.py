"""Paths, arithmetic and directions in latent space, on NumPy arrays."""

from __future__ import annotations  # `help` shows ArrayLike by its name

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from ganzoo.layers.noise import noise_from
from ganzoo.models.from_noise import LatentModel, check_latents
from ganzoo.models.walks import lerp as lerp
from ganzoo.models.walks import slerp as slerp
from ganzoo.utils.options import check_known, check_whole


def direction(with_attribute: ArrayLike, without: ArrayLike) -> np.ndarray:
    """Latent of an attribute: mean of exemplars with it minus mean without.

    Averaging exemplars before the arithmetic makes it stable (Radford et al. 2016,
    arXiv 1511.06434, section 6.3.2).

    Args:
        with_attribute: latents (n, d) of samples that show the attribute.
        without: latents (m, d) of samples that do not.

    Returns:
        (d,): add it to a latent to add the attribute, subtract it to remove it.

    Raises:
        ValueError: no exemplars, or latents of another shape.
    """
    arrays = np.asarray(with_attribute), np.asarray(without)
    shapes = [array.shape for array in arrays]
    if any(len(shape) != 2 or 0 in shape for shape in shapes) or (
        shapes[0][1] != shapes[1][1]
    ):
        raise ValueError(
            "A direction needs latents (n, d) of samples with the attribute, and (m, d)"
            f" without, at least one of each. Received: {shapes[0]} and {shapes[1]}."
        )
    return arrays[0].mean(axis=0) - arrays[1].mean(axis=0)


def directions(
    model: LatentModel,
    labels: ArrayLike | Callable,
    *,
    n: int = 5000,
    seed: int = 0,
    ridge: float = 0.0,
) -> np.ndarray:
    """Latents of attributes, each without a share in the others.

    The further a latent lies along the `direction` of attribute k, the more its sample
    shows the attribute. With several attributes, each direction loses its share in the
    others' directions, so that it changes only one attribute (conditional manipulation:
    Shen et al. 2020, InterFaceGAN, arXiv 1907.10786, section 3.2).

    With many attributes, the others' directions may fill nearly the whole space, so
    that nothing with an effect is left. A `ridge` above 0 leaves a share: instead of u
    without its part in the others' span, the direction is
    (V'V / tr(V'V) + ridge I)^-1 u. Here u is its own and V the others', each times the
    standard deviation of its labels, so that a rare attribute counts less.

    Args:
        model: a `LatentModel`.
        labels: which samples show an attribute, bool or 0 and 1, (n,), or (n, k) for k
            attributes: either those of `model.sample(n, seed=seed)`, or a function
            that reads them from such samples, such as a classifier.
        n: number of samples for a function to read.
        seed: seed of the samples.
        ridge: 0 or more; 0.001 suits some forty attributes.

    Returns:
        Unit vectors (k, latent_dim), or (latent_dim,) for labels (n,).

    Raises:
        ValueError: a negative ridge, labels of another shape or other values, an
            attribute that all or no samples show, or one that is a combination of the
            others.
    """
    check_latents(model)
    if not ridge >= 0:
        raise ValueError(f"`ridge` must be 0 or more. Received: {ridge!r}.")
    n = n if callable(labels) else len(np.atleast_1d(labels))
    latents = model.latents(n, seed)
    if callable(labels):
        labels = labels(model.decode(latents, seed=seed))
    marks = np.asarray(labels)
    shaped = marks.ndim in (1, 2) and len(marks) == n and marks.size
    if not shaped or not np.isin(marks, (0, 1)).all():
        raise ValueError(
            "`labels` must be bool or 0 and 1, of shape (n,) or (n, k) for n samples. "
            f"Received: {marks.dtype} of shape {marks.shape} for {n} samples."
        )
    columns = marks.reshape(n, -1).astype(bool)
    rare = np.flatnonzero(columns.all(axis=0) | ~columns.any(axis=0))
    if rare.size:
        raise ValueError(
            "An attribute must be shown by some of the samples and not by all. "
            f"Received: column {rare[0]} is {columns[0, rare[0]]} in all of "
            f"{len(columns)} samples."
        )
    vectors = np.stack([direction(latents[c], latents[~c]) for c in columns.T])
    vectors *= columns.std(axis=0)[:, np.newaxis]
    vectors = np.stack([_apart(vectors, k, ridge) for k in range(len(vectors))])
    return vectors.reshape(*marks.shape[1:], -1)


def _apart(vectors, k, ridge):
    """Vector k without its share in the others, of length 1, see `directions`."""
    own, others = vectors[k], np.delete(vectors, k, axis=0)
    if ridge and len(others):
        shared = others.T @ others
        rest = np.linalg.solve(
            shared / np.trace(shared) + ridge * np.eye(len(own)), own
        )
        return rest / np.linalg.norm(rest)
    rest = own - others.T @ np.linalg.lstsq(others.T, own, rcond=None)[0]
    if np.linalg.norm(rest) < 1e-4 * np.linalg.norm(own):
        raise ValueError(
            "Each attribute needs a direction of its own. "
            f"Received: column {k} is a combination of the others; leave one out."
        )
    return rest / np.linalg.norm(rest)


def sefa(model: LatentModel, count: int = 5) -> np.ndarray:
    """Directions that the generator's first layer stretches most, in closed form.

    The eigenvectors of A^T A of the layer's map A z + b (Shen and Zhou 2021, SeFa,
    arXiv 2007.06600). No sample is drawn.

    Args:
        model: a `LatentModel`.
        count: number of directions, at most `latent_dim` and the layer's outputs.

    Returns:
        Unit vectors (count, latent_dim), by falling stretch.

    Raises:
        ValueError: another count, a model of many steps, or a first layer that is not
            linear in the latent.
    """
    generator = _generator(model)
    _check_count(count, model.latent_dim)
    unit = np.eye(model.latent_dim, dtype=model.variable_dtype)
    for layer in generator.layers:
        if layer.weights:
            moved = _features(generator, layer, unit, model.variable_dtype)
            zero, back = (
                _features(generator, layer, k * unit, model.variable_dtype)
                for k in (0, -2)
            )
            if np.any(moved != zero):
                break
    # Neither ReLU, which halves a line, nor tanh, which bends it, passes.
    if not np.allclose(back - zero, -2 * (moved - zero), rtol=1e-2, atol=1e-4):
        raise ValueError(
            "SeFa needs a generator whose first layer is linear in the latent. "
            f"Received: {layer.name}, a {type(layer).__name__}; use `ganspace`."
        )
    _check_count(count, min(model.latent_dim, moved.shape[1]))
    _, _, right = np.linalg.svd((moved - zero).T, full_matrices=False)
    return _signed(right[:count])


def ganspace(
    model: LatentModel,
    count: int = 5,
    *,
    layer: str | None = None,
    n: int = 1000,
    seed: int = 0,
) -> np.ndarray:
    """Directions along the principal components of the generator's features.

    PCA of a layer's outputs for n latents, and the latents that move each component by
    least squares (Harkonen et al. 2020, GANSpace, arXiv 2004.02546, section 2.2).

    Args:
        model: a `LatentModel`.
        count: number of directions, at most `latent_dim` and the layer's outputs, and
            below n.
        layer: name of a layer of the generator; by default the one in the middle, or
            the first after it that the latent reaches.
        n: number of latents.
        seed: seed of the latents.

    Returns:
        Unit vectors (count, latent_dim), by falling variance.

    Raises:
        ValueError: another count, an unknown layer, one that the latent does not reach,
            or a model of many steps.
    """
    generator = _generator(model)
    check_whole(2, n=n)
    layers = {one.name: one for one in generator.layers}
    check_known("layer of the generator", [layer] if layer else [], layers)
    latents = model.latents(n, seed)
    tried = [layers[layer]] if layer else generator.layers[len(layers) // 2 :]
    for one in tried:
        features = _features(generator, one, latents, model.variable_dtype)
        if (features != features[0]).any():
            break
    else:
        raise ValueError(f"The latent does not reach the layer {layer!r}.")
    _check_count(count, min(model.latent_dim, n - 1, features.shape[1]))
    centred = features - features.mean(axis=0)
    left, _, _ = np.linalg.svd(centred, full_matrices=False)
    # Components are orthonormal here: least squares is a product.
    basis = left[:, :count].T @ (latents - latents.mean(axis=0))
    return _signed(basis / np.linalg.norm(basis, axis=1, keepdims=True))


def _generator(model):
    check_latents(model)
    generator = model.average_of(model.generator)
    if "latent" not in generator.input:
        raise ValueError(
            f"{type(model).__name__} makes a sample in many steps; its network takes "
            f"no latent, but {', '.join(generator.input)}. Use a GAN or a vae."
        )
    return generator


def _features(generator, layer, latents, dtype):
    """Outputs (n, f) of a layer for latents (n, d); other inputs are 0."""
    to_layer = keras.Model(generator.input, layer.output)
    chunks = []
    for i in range(0, len(latents), 256):
        part = latents[i : i + 256]
        zeros = {
            name: np.zeros((len(part), *tensor.shape[1:]), tensor.dtype)
            for name, tensor in generator.input.items()
        }
        with noise_from(tf.constant([0, 1])):  # of a generator that has some
            out = to_layer({**zeros, "latent": part}, training=False)
        chunks.append(np.reshape(keras.ops.cast(out, dtype), (len(part), -1)))
    return np.concatenate(chunks)


def _check_count(count, most):
    check_whole(1, count=count)
    if count > most:
        raise ValueError(f"Directions are at most {most}. Received: {count}.")


def _signed(vectors):
    """Turns each vector so that its largest entry is positive: PCA leaves it open."""
    largest = np.abs(vectors).argmax(axis=1)
    return vectors * np.sign(vectors[np.arange(len(vectors)), largest])[:, None]
