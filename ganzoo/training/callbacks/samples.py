"""SampleGrid: a picture of samples every N steps, and an animation of them."""

from pathlib import Path

import keras

from ganzoo.models.image_arrays import spread
from ganzoo.plots import figures, pictures
from ganzoo.plots.animation import animation, thin


class SampleGrid(keras.callbacks.Callback):
    """Draws real samples once, and the same samples of the model during training.

    At the end it animates the latter.
    Images become a grid in the layout of the model's `gallery`, volumes a grid of up
    to 16. Points in the plane are drawn with the data over D's decision field, longer
    vectors by their first two coordinates.

    Args:
        workdir: run directory; pictures go to its folder `samples`.
        data: training data.
        every: steps between pictures.
        count: samples per picture, if the model leaves it open.
    """

    def __init__(self, workdir, data, every: int, count: int = 64):
        super().__init__()
        self.folder = Path(workdir) / "samples"
        self.data = data
        self.every = every
        self.count = count

    def on_train_begin(self, logs=None):
        self._draw_real()
        if self.model.step == 0:
            self._draw()

    def on_epoch_end(self, epoch, logs=None):
        if self.model.step % self.every == 0:
            self._draw()

    def on_train_end(self, logs=None):
        self._draw()
        paths = sorted(self.folder.glob("step_*.png"))
        frames = [pictures.read_png(path) for path in thin(paths)]
        animation(frames, self.folder / "training.gif")

    def _draw_real(self):
        path = self.folder / "real.png"
        if not path.exists():
            real = spread(self.data.arrays["real"], min(self.count, len(self.data)))
            pictures.save_png(
                pictures.samples_picture(self.model.as_samples(real)), path
            )

    def _draw(self):
        picture = PICTURES[len(self.model.sample_shape)](self.model, self.data, self)
        pictures.save_png(picture, self.folder / f"step_{self.model.step:08d}.png")


def _samples_picture(model, data, grid):
    return pictures.samples_picture(*model.gallery(data.arrays, grid.count))


def _points_picture(model, data, grid):
    real, fake = data.arrays["real"][:1000, :2], model.sample(1000, seed=1)[:, :2]
    extent = figures.extent_of(real)
    field = None
    if model.has_probability and model.sample_shape == (2,):
        mesh = figures.mesh(extent, 80)
        field = model.probability_real(mesh).reshape(80, 80)
    return figures.points_figure(real, fake, field, extent, f"step {model.step}")


PICTURES = {1: _points_picture, 3: _samples_picture, 4: _samples_picture}
