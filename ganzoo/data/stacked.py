"""Stacked MNIST: three digits as the channels of one image, 1000 modes.

The set of Unrolled GAN (Metz et al., 2017, arXiv 1611.02163) with the fixed 128,000
stacks of PacGAN (Lin et al., 2018, arXiv 1712.04086).
"""

import numpy as np

from ganzoo.data.dataset import Data
from ganzoo.data.images import reshape_images
from ganzoo.data.reading import Reading

NAME = "stacked_mnist"
STACKS = 128_000
TEST_STACKS = 26_000
_SEED = 0


def stack_digits(mnist: Data, reading: Reading) -> Data:
    """Stacks digits that are drawn independently.

    Args:
        mnist: grey digits with labels 0..9.
        reading: its split, the digits', decides the number and the draw.

    Returns:
        `real` uint8 (N, 28, 28, 3), the digits as red, green and blue, and `label`
        int32 (N,), 100 r + 10 g + b.
    """
    count = TEST_STACKS if reading.split == "test" else STACKS
    rng = np.random.default_rng([_SEED, len(mnist)])
    rows = rng.integers(len(mnist), size=(count, 3))
    digits, label = mnist.arrays["real"][..., 0], mnist.arrays["label"]
    real = np.stack([digits[rows[:, channel]] for channel in range(3)], axis=-1)
    arrays = {
        "real": reshape_images(real, reading.form),
        "label": (label[rows] @ [100, 10, 1]).astype(np.int32),
    }
    return Data(NAME, arrays, tuple(f"{mode:03d}" for mode in range(1000)))
