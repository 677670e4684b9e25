"""Captions in and out of models, from a string to a file and back."""

import json
import zipfile

import numpy as np
import pytest
import tensorflow as tf
from helpers import arrays_for, tiny

import ganzoo
from ganzoo.models.export import export

WORDS = ["red", "blue", "square", "circle"]


def test_captions_are_given_as_text_or_tokens():
    model = tiny("text2image", ema_decay=0.9)
    with pytest.warns(UserWarning, match="count as no word: 'a'"):
        one = model.sample(3, seed=1, caption="A red circle!")
    named = np.array([[0, 1, 4, 0, 0, 0, 0, 0]] * 3)
    np.testing.assert_array_equal(one, model.sample(3, seed=1, caption=named))
    lines = model.sample(3, seed=1, caption=["red circle", "blue", "blue circle"])
    tokens = model.tokens(["red circle"] * 3)
    np.testing.assert_array_equal(
        model.sample(3, seed=1, caption=tokens),
        model.decode(model.latents(3, 1), caption="red circle"),
    )
    np.testing.assert_array_equal(
        lines[0], model.sample(3, seed=1, caption="red circle")[0]
    )
    in_turn = model.sample(5, seed=1)
    np.testing.assert_array_equal(
        in_turn, model.sample(5, seed=1, caption=[*WORDS, "red"])
    )
    assert model.sample(0, caption="red").shape == (0, 8, 8, 1)
    assert model.sample(300, caption="red").shape == (300, 8, 8, 1)
    given = {"latent": model.latents(3, 1), "caption": tokens}
    raw = model.as_samples(model(given))
    np.testing.assert_array_equal(raw, model.sample(3, seed=1, caption=tokens))
    path = model.interpolate(*model.latents(2), 4, caption="red")
    assert path.shape == (4, 8, 8, 1)


def test_the_running_average_is_of_both_networks():
    model = tiny("text2image", ema_decay=0.9)
    own = [model.sample(2, caption="red", ema=ema) for ema in (True, False)]
    np.testing.assert_array_equal(*own)
    for network in (model.encoder, model.generator):
        for weight in network.trainable_variables:
            weight.assign(30 * weight + 1)
        np.testing.assert_array_equal(model.sample(2, caption="red"), own[0])
        now = model.sample(2, caption="red", ema=False)
        assert (now != own[1]).any()
        own[1] = now


def test_unknown_words_are_named_with_the_nearest():
    model = tiny("text2image")
    with pytest.warns(
        UserWarning, match="'sqare' .did you mean 'square'.*'xyz'$|'xyz'."
    ):
        tokens = model.tokens(["red sqare xyz"])
    assert tokens[0, :3].tolist() == [1, 0, 0]
    with pytest.warns(UserWarning, match="No word is left"):
        model.tokens(["red", "xyz"])


@pytest.mark.parametrize("caption", ["", " ?!"])
def test_a_caption_without_a_word_is_said_to_be_so(caption):
    with pytest.warns(UserWarning, match=r"^No word is left of a caption\.$"):
        assert not tiny("text2image").tokens(["red", caption])[1].any()


def test_a_long_caption_is_said_to_be_cut():
    model = tiny("text2image")
    with pytest.warns(UserWarning, match="^Captions are cut to 8 .* Received: 9 words"):
        cut = model.tokens(["red " * 9])
    np.testing.assert_array_equal(cut, model.tokens(["red " * 8]))


def test_tokens_are_of_a_list():
    with pytest.raises(ValueError, match="list of texts. Received: 'red'"):
        tiny("text2image").tokens("red")


@pytest.mark.parametrize(
    "caption",
    [
        ["red"],
        [1, 2, 3],
        np.zeros((3, 7), "int32"),
        np.full((3, 8), 5),
        4,
        [["red"]] * 3,
    ],
)
def test_captions_that_do_not_fit_are_refused(caption):
    with pytest.raises(ValueError, match=r"`caption` must be a text, 3 of them, or"):
        tiny("text2image").sample(3, caption=caption)


def test_batches_need_captions_of_the_vocabulary():
    model = tiny("text2image")
    arrays = arrays_for(model)
    with pytest.raises(ValueError, match="need captions 'caption'.*keys: real"):
        model.fit({"real": arrays["real"]}, batch_size=8, verbose=0)
    beyond = {**arrays, "caption": arrays["caption"] + 4}
    with pytest.raises(ValueError, match=r"'caption' must be from 0 .* to 4"):
        model.fit(beyond, batch_size=8, verbose=0)
    short = {**arrays, "caption": arrays["caption"][:, :5]}
    with pytest.raises(ValueError, match=r"rows of 8 tokens.*\(96, 5\)"):
        model.fit(short, batch_size=8, verbose=0)
    whole = tf.data.Dataset.from_tensor_slices(arrays).batch(8)
    with pytest.raises(
        ValueError, match="need captions 'mismatched'.*made of 'caption'"
    ):
        model.fit(whole, verbose=0)
    assert np.isfinite(model.evaluate(arrays, verbose=0, return_dict=True)["d_loss"])


@pytest.mark.parametrize("name", ["text2image", "text2image-l1"])
def test_words_are_a_plain_list_in_the_file(name, tmp_path):
    model = tiny(name)
    model.save(tmp_path / "x.keras")
    loaded = ganzoo.load(tmp_path / "x.keras")
    assert loaded.vocabulary == tuple(WORDS)
    np.testing.assert_array_equal(
        loaded.sample(2, caption="red circle"), model.sample(2, caption="red circle")
    )
    for words in ([], ["Red"], ["red"] * 2, "red"):
        with pytest.raises(ValueError, match="`vocabulary`"):
            ganzoo.build(name, image_shape=(8, 8, 1), vocabulary=words)


def test_the_sampler_is_exported_with_its_encoder(tmp_path):
    model = tiny("text2image")
    out = export(model, tmp_path / "g", "saved_model")
    given = {
        "latent": model.latents(2).astype("float32"),
        "caption": model.tokens(["red"] * 2),
    }
    served = tf.saved_model.load(str(out))
    made = served.serve(given)
    np.testing.assert_array_equal(
        model.as_samples(made), model.sample(2, caption="red")
    )


def _repacked(path, words):
    """A .keras file with another vocabulary."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members["config.json"])
    config["config"]["vocabulary"] = words
    members["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


@pytest.mark.parametrize(
    "words,message",
    [
        (["red", "Blue", "x y", "z"], "'Blue'"),
        (["red", 3, "x", "y"], "holds single words"),
        (["red"] * 4, "a word twice"),
        (["a" * 5000, "x", "y", "z"], "at most 100 characters"),
        ([f"w{i}" for i in range(70_000)], "70000 words"),
        ("a text", "a list of 1 to 65536 words"),
        ({"a": "b"}, "a list of 1 to 65536 words"),
    ],
)
def test_a_file_with_a_hostile_vocabulary_is_refused(words, message, tmp_path):
    tiny("text2image").save(tmp_path / "x.keras")

    path = _repacked(tmp_path / "x.keras", words)
    with pytest.raises(ValueError, match=message):
        ganzoo.load(path)
