"""SampleGrid: a picture of samples every N steps, and an animation of them."""

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keras

from ganzoo.models.image_arrays import spread
from ganzoo.plots import figures, pictures
from ganzoo.plots.animation import animation, thin

MOST_STRINGS = 16  # drawn in a picture


class SampleGrid(keras.callbacks.Callback):
    """Draws real samples once, and the same samples of the model during training.

    At the end, it animates the latter. If a picture cannot be drawn, it warns, and
    training continues without it.

    One-hot samples are drawn as what they mean, 16 of them. Images become a grid in the
    layout of the model's `gallery`, volumes a grid of up to 16. Points in the plane are
    drawn with the data over D's decision field, longer vectors by their first two
    coordinates.

    Args:
        workdir: run directory; pictures go to its folder `samples`.
        data: training data.
        every: steps between pictures.
        count: samples per picture, if the model leaves it open.
        first: step of a further picture, soon after the beginning; 0 for none.
    """

    def __init__(self, workdir, data, every: int, count: int = 64, first: int = 0):
        super().__init__()
        self.folder = Path(workdir) / "samples"
        self.data = data
        self.every = every
        self.count = count
        self.first = first

    def on_train_begin(self, logs=None):
        step = self.model.step
        for path in self._pictures():  # what a resumed run draws again
            if int(path.stem.removeprefix("step_")) > step:
                path.unlink()
        self._draw_real(self.model)
        if step == 0:
            self._draw(self.model)

    def on_train_batch_end(self, batch, logs=None):
        if self.model.step == self.first and all(map(math.isfinite, logs.values())):
            self._draw(self.model)

    def on_epoch_end(self, epoch, logs=None):
        if self.model.step % self.every == 0:
            self._draw(self.model)

    def finish(self, model) -> None:
        """Draws the last samples of a model, and the animation."""
        self._draw(model)
        if paths := thin(self._pictures()):
            with drawing("samples/training.gif"):
                frames = [pictures.read_png(path) for path in paths]
                animation(frames, self.folder / "training.gif")

    def _draw_real(self, model):
        path = self.folder / "real.png"
        if path.exists():
            return
        with drawing("samples/real.png"):
            real = spread(self.data.arrays["real"], min(self.count, len(self.data)))
            real = model.as_samples(real)
            pictures.save_png(_picture_of(self.data, real), path)

    def _draw(self, model):
        name = f"step_{model.step:08d}.png"
        with drawing(f"samples/{name}"):
            picture = PICTURES[len(model.sample_shape)](model, self.data, self)
            pictures.save_png(picture, self.folder / name)

    def _pictures(self):
        return sorted(self.folder.glob("step_" + "[0-9]" * 8 + ".png"))


@contextmanager
def drawing(name: str) -> Iterator[None]:
    """Warns of what fails within: what is only drawn does not end a run."""
    try:
        yield
    except Exception as error:
        warnings.warn(
            f"{name} could not be drawn: {type(error).__name__}: {error}", stacklevel=3
        )


def _samples_picture(model, data, grid):
    return _picture_of(data, *model.gallery(data.arrays, grid.count))


def _picture_of(data, samples, columns=None, captions=None):
    first = samples[:MOST_STRINGS] if data.codec else samples
    return pictures.samples_picture(first, columns, captions, data.codec)


def _points_picture(model, data, grid):
    fake = model.sample(1000, seed=1)[:, :2]
    if model.sample_shape == (1,):
        return figures.histogram_figure(fake[:, 0], f"step {model.step}")
    real = data.arrays["real"][:1000, :2]
    extent = figures.extent_of(real)
    field = None
    judges = model.has_probability and not model.conditional  # a point alone
    if judges and model.sample_shape == (2,):
        mesh = figures.mesh(extent, 80)
        field = model.probability_real(mesh).reshape(80, 80)
    return figures.points_figure(real, fake, field, extent, f"step {model.step}")


PICTURES = {1: _points_picture, **dict.fromkeys((2, 3, 4), _samples_picture)}
