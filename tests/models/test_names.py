"""Every public name of a model is described in docs/concepts.md."""

import re
from pathlib import Path

import keras
from helpers import tiny

PAGE = Path(__file__).parents[2] / "docs" / "concepts.md"


def test_every_public_name_of_a_gan_is_described():
    known = {*dir(keras.Sequential()), *dir(keras.Model), "optimizer"}
    own = {name for name in dir(tiny("dcgan")) if not name.startswith("_")} - known
    text = PAGE.read_text("utf-8").split("## The names of a model")[1]
    described = set(re.findall(r"`(\w+)[`(]", text))
    assert not own - described
