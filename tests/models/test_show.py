"""Views of a model in notebooks: pictures of samples, and a table."""

import numpy as np
import pytest
from helpers import tiny

import ganzoo
from ganzoo.data import codecs
from ganzoo.models import facts
from ganzoo.plots.pictures import samples_picture

TEXT = {"name": "text", "alphabet": "abcd"}


@pytest.mark.parametrize(
    ("name", "options", "asked"),
    [
        ("cgan", {"condition": ["cat", "dog"]}, {"label": "dog"}),
        ("3dgan", {}, {"truncation": None}),
        ("vanilla", {"image_shape": (2,)}, {"seed": 3}),
        ("vanilla", {"image_shape": (6, 5), "codec": TEXT}, {}),
        ("vanilla", {"image_shape": (6, 2)}, {}),
        ("text2image", {}, {"caption": "red square"}),
    ],
    ids=["images", "volumes", "vectors", "strings", "signals", "captions"],
)
def test_show_is_the_picture_of_sample(name, options, asked):
    model = tiny(name, **options)
    samples = model.sample(4, **asked)
    codec = codecs.get(model.codec)
    expected = samples_picture(samples, columns=4, codec=codec)
    np.testing.assert_array_equal(model.show(4, columns=4, **asked), expected)


def test_show_takes_what_sample_takes():
    model = tiny("vanilla")
    np.testing.assert_array_equal(model.show(seed=1), model.show(16, seed=1))
    assert not np.array_equal(model.show(seed=1), model.show(seed=2))
    with pytest.raises(TypeError, match="labels"):
        model.show(labels=[1])


def test_the_table_of_a_model():
    model = ganzoo.build("vanilla", image_shape=(2,), g_hidden=(3,), d_hidden=(4,))
    told = dict(facts.of(model))
    assert told["class"] == "GAN" and told["step"] == "0"
    assert told["parameters of G"] == "311"
    assert told["parameters of D"] == "17"
    assert told["d_steps"] == "1" and told["prior"] == model.prior
    assert not {"generator", "discriminator", "penalties"} & told.keys()
    shown = model._repr_html_()
    assert "<tr><td>class</td><td>GAN</td></tr>" in shown
    assert shown.count("<tr>") == len(told)


def test_long_options_are_cut_and_names_escaped():
    words = [f"<b>word{i}</b>" for i in range(100)]
    model = tiny("cgan", condition=words)
    told = dict(facts.of(model))["condition"]
    assert len(told) <= facts.MOST and told.endswith(" ...")
    assert "<b>" not in model._repr_html_() and "&lt;b&gt;word0" in model._repr_html_()
