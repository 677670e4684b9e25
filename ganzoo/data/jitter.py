"""Random crops and flips of images, the same for both halves of a pair."""

from dataclasses import dataclass

import tensorflow as tf

_SEED = 0x0177E2  # keeps this seed apart from the seed of the order


@dataclass(frozen=True)
class Jitter:
    """The random jitter of pix2pix and CycleGAN: crops of larger images, and flips.

    Isola et al. 2017 (arXiv 1611.07004, section 6.2): images are loaded larger than
    the network takes them, and cropped at random; flips mirror left and right. Both
    are a function of the seed, the step and the sample's place in the batch.

    Attributes:
        sizes: height and width of the crops by batch key; other keys stay unchanged.
            Images of one stream, such as a source and its target, are cropped alike:
            if one is a whole number of times larger, so is its offset.
        flip: mirrors half of the samples.
    """

    sizes: dict[str, tuple[int, int]]
    flip: bool = False

    def __call__(self, batch, seed, step, stream_of):
        """Crops the images of a batch; `stream_of` tells which of them belong together.

        Raises:
            ValueError: images smaller than their crop.
        """
        out = dict(batch)
        for stream in {stream_of(key) for key in self.sizes}:
            keys = [key for key in self.sizes if stream_of(key) == stream]
            places = self._places(batch, keys, [seed ^ _SEED ^ stream, step])
            for key in keys:
                rows, columns = (self._indices(key, axis, places) for axis in (0, 1))
                cut = tf.gather(batch[key], rows, axis=1, batch_dims=1)
                cut = tf.gather(cut, columns, axis=2, batch_dims=1)
                out[key] = cut
        return out

    def cut(self, arrays):
        """Cuts arrays to the shapes of a batch."""
        return {
            key: array[:, : self.sizes[key][0], : self.sizes[key][1]]
            if key in self.sizes
            else array
            for key, array in arrays.items()
        }

    def _places(self, batch, keys, seed):
        """Draws offsets (N,) down and across in the smallest images, and flips (N,)."""
        key = min(keys, key=lambda key: self.sizes[key])
        n, *sides = batch[key].shape[:3]
        room = [side - size for side, size in zip(sides, self.sizes[key], strict=True)]
        if min(room) < 0:
            raise ValueError(
                f"Images {key!r} must be at least as large as their crop "
                f"{self.sizes[key]}. Received: {tuple(sides)}."
            )
        parts = tf.random.experimental.stateless_split(seed, 3)
        offsets = [
            tf.random.stateless_uniform((n,), part, 0, free + 1, tf.int32)
            for part, free in zip(tf.unstack(parts[:2]), room, strict=True)
        ]
        flips = tf.random.stateless_uniform((n,), parts[2]) < 0.5
        return key, offsets, flips & self.flip

    def _indices(self, key, axis, places):
        """Returns the indices of a crop along an axis, (N, size)."""
        smallest, offsets, flips = places
        size = self.sizes[key][axis]
        factor = size // self.sizes[smallest][axis]
        along = tf.range(size)[None] + factor * offsets[axis][:, None]
        if axis == 0:
            return along
        return tf.where(flips[:, None], along[:, ::-1], along)
