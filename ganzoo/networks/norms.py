"""Normalisations of a network, by name: `d_norm`, `norm`."""

from collections.abc import Callable
from dataclasses import dataclass

from ganzoo.layers import SpectralNorm, batch_norm, instance_norm, layer_norm
from ganzoo.utils.options import check_known


@dataclass(frozen=True)
class Norm:
    """A wrapper of layers with a kernel, and a layer that follows them.

    Attributes:
        wrap: maps every layer with a kernel to the layer to call instead.
        after: makes the layer that normalises the result, None for none. It has its
            own bias, so the layer before it needs none.
        maps_only: if True, `after` needs positions, which vectors lack.
        hides_mean: if True, `after` takes away the mean of the batch, so that a batch
            of one image looks like a batch of another.
    """

    wrap: Callable = lambda layer: layer
    after: Callable | None = None
    maps_only: bool = False
    hides_mean: bool = False

    def apply(self, x, kind, *sizes, normed=True, **options):
        """Applies a layer of a kind, and what normalises its result.

        Args:
            x: the layer's input.
            kind: class of the layer.
            *sizes: its arguments.
            normed: if False, no layer follows, and this one keeps its bias.
            **options: its keywords.
        """
        normed = normed and self.after is not None
        x = self.wrap(kind(*sizes, use_bias=not normed, **options))(x)
        if normed and self.maps_only:
            check_positions(x.shape[1:-1])
        return self.after()(x) if normed else x


def check_positions(sides) -> None:
    """Raises ValueError if a map with these sides has a single position."""
    if all(side == 1 for side in sides):
        raise ValueError(
            "Instance normalisation of a single position leaves a constant. Use fewer "
            "levels, larger images, or another normalisation. "
            f"Received: a map with the sides {tuple(sides)}."
        )


NORMS = {
    "none": Norm(),
    "batch": Norm(after=batch_norm, hides_mean=True),
    "layer": Norm(after=layer_norm),
    "instance": Norm(after=instance_norm, maps_only=True),
    "spectral": Norm(wrap=SpectralNorm),
}


def get(name: str, maps: bool = True, option: str = "d_norm") -> Norm:
    """Returns the normalisation called `name`.

    Args:
        name: `none`, `batch`, `layer`, `instance` or `spectral`.
        maps: if True, the values have positions, which `instance` needs.
        option: name of the option, for errors.

    Raises:
        ValueError: an unknown name, or `instance` without positions.
    """
    check_known(option, [name], NORMS)
    if NORMS[name].maps_only and not maps:
        allowed = ", ".join(n for n, norm in NORMS.items() if not norm.maps_only)
        raise ValueError(
            "Instance normalisation is over the positions of a map, and hidden "
            f"vectors have none. Allowed here: {allowed}. Received: d_norm={name!r}."
        )
    return NORMS[name]
