import numpy as np
import pytest
import tensorflow as tf

from ganzoo.data import mismatched_captions, pipeline
from ganzoo.data.batch_spec import Tokens

# Samples 1 and 4 say the same, so do 2, 3 and 6.
CAPTIONS = np.array([[1, 0], [2, 2], [3, 1], [3, 1], [2, 2], [4, 0], [3, 1]], "int32")


def chosen(seed=0, step=0, repeats=1):
    rows = tf.constant(np.tile(np.arange(7), repeats), tf.int64)
    return (
        mismatched_captions.chooser(CAPTIONS, seed)(rows, step)
        .numpy()
        .reshape(repeats, 7)
    )


def test_every_other_caption_is_as_likely_and_never_the_same():
    found = chosen(repeats=4000)
    for row, others in enumerate(found.T):
        allowed = np.flatnonzero((CAPTIONS != CAPTIONS[row]).any(axis=1))
        shares = np.bincount(others, minlength=7)[allowed] / len(others)
        assert set(others) == set(allowed)
        np.testing.assert_allclose(shares, 1 / len(allowed), atol=0.04)


def test_the_choice_is_a_function_of_seed_and_step():
    np.testing.assert_array_equal(chosen(1, 5, 3), chosen(1, 5, 3))
    assert (chosen(1, 5, 3) != chosen(1, 6, 3)).any()
    assert (chosen(1, 5, 3) != chosen(2, 5, 3)).any()


def test_one_caption_alone_is_refused():
    with pytest.raises(ValueError, match="two captions that differ.*3 samples"):
        mismatched_captions.chooser(np.ones((3, 2), "int32"), 0)


def test_batches_hold_captions_of_others_from_any_step_on():
    arrays = {"real": np.zeros((7, 2), "float32"), "caption": CAPTIONS}
    stream = list(pipeline.batches(arrays, 5, seed=3).take(9).as_numpy_iterator())
    for batch in stream:
        assert (batch["caption"] != batch["mismatched"]).any(axis=1).all()
    later = next(iter(pipeline.batches(arrays, 5, seed=3, start=8)))
    np.testing.assert_array_equal(later["mismatched"], stream[8]["mismatched"])
    given = {**arrays, "mismatched": CAPTIONS[::-1].copy()}
    assert "mismatched" in next(iter(pipeline.batches(given, 5, seed=3)))


def test_arrays_are_filled_once_and_only_where_there_are_captions():
    filled = mismatched_captions.fill({"caption": CAPTIONS})
    assert (filled["mismatched"] != CAPTIONS).any(axis=1).all()
    assert mismatched_captions.fill(filled)["mismatched"] is filled["mismatched"]
    assert mismatched_captions.fill({"real": CAPTIONS}).keys() == {"real"}


@pytest.mark.parametrize("tokens", [np.zeros((4, 2)), np.zeros(4, "int32")])
def test_captions_that_are_no_tokens_are_refused(tokens):
    with pytest.raises(ValueError, match="Unfit captions 'caption'.*model.tokens"):
        Tokens(3, 9).check_dtype("caption", tokens)
