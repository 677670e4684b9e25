import numpy as np
import pytest

from ganzoo.data import Data, load_data
from ganzoo.data.reading import Reading
from ganzoo.data.stacked import STACKS, TEST_STACKS, stack_digits


@pytest.fixture
def mnist():
    """20 images, each of one grey level that tells the digit: 10 x digit + copy."""
    label = np.repeat(np.arange(10, dtype=np.int32), 2)
    level = (10 * label + np.tile([0, 1], 10)).astype(np.uint8)
    real = np.tile(level[:, None, None, None], (1, 28, 28, 1))
    return Data("mnist", {"real": real, "label": label}, tuple("0123456789"))


def test_each_channel_is_a_digit_and_the_label_names_all_three(mnist):
    data = stack_digits(mnist, Reading("test"))
    (real, label), names = data.arrays.values(), data.class_names
    assert real.shape == (TEST_STACKS, 28, 28, 3) and real.dtype == np.uint8
    digits = real[:, 0, 0] // 10
    np.testing.assert_array_equal(digits @ [100, 10, 1], label)
    assert names[0] == "000" and names[407] == "407" and len(names) == 1000
    # Drawn evenly and independently: all modes are there.
    counts = np.bincount(label, minlength=1000)
    assert counts.min() > 0 and len(counts) == 1000


def test_the_draw_is_fixed(mnist):
    once, again = (stack_digits(mnist, Reading("test")).arrays for _ in range(2))
    np.testing.assert_array_equal(once["real"], again["real"])


def test_without_mnist_it_says_what_to_do(tmp_path, monkeypatch):
    from ganzoo.data import tfds

    monkeypatch.setattr(tfds, "answers", lambda url: False)
    with pytest.raises(ValueError, match="made from MNIST.*tfds build mnist.*data_dir"):
        load_data("stacked_mnist", data_dir=tmp_path)


def test_is_made_from_the_real_digits(mnist_dir):
    data = load_data("stacked_mnist", split="test", data_dir=mnist_dir)
    assert data.sample_shape == (28, 28, 3) and data.num_classes == 1000
    test = load_data("mnist", split="test", data_dir=mnist_dir).arrays
    digits = {x.tobytes(): y for x, y in zip(test["real"], test["label"], strict=True)}
    stacks = (data.arrays[key][:50] for key in ("real", "label"))
    for stack, label in zip(*stacks, strict=True):
        found = [digits[stack[..., c].tobytes()] for c in range(3)]
        assert found == [label // 100, label // 10 % 10, label % 10]
    assert STACKS == 128_000  # of train and of all, PacGAN's number
