"""The one schema, and the configs and flags that fill it."""

from pathlib import Path

import numpy as np
import pytest
from helpers import of_kind, tiny
from keras import layers

import ganzoo
from ganzoo.cli import main as command
from ganzoo.cli.runs import experiment_of
from ganzoo.data import Data
from ganzoo.runs.config_files import load_config
from ganzoo.runs.experiment import FIELDS, HELP, Experiment, from_dict, to_dict
from ganzoo.runs.resolve import data_settings, effective_options
from ganzoo.variants._registry import find

CONFIGS = sorted((Path(__file__).parents[2] / "zoo_configs").glob("*.toml"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_config_loads_and_names_its_command(path):
    experiment = from_dict(load_config(path.stem))
    assert experiment == from_dict(load_config(str(path)))
    assert f"#   ganzoo train --config={path.stem}\n" in path.read_text()
    variant = find(experiment.model)
    assert experiment.model == variant.name
    variant.check_known(experiment.options)
    defaults = {**variant.options, **variant.network_options(experiment.options)}
    for name, value in experiment.options.items():
        assert value != defaults.get(name, "none"), "says the default"
    table = experiment.options.get("network", {})
    if isinstance(table, dict):
        players = {name.removeprefix("g_").removeprefix("d_") for name in table}
        assert not players & experiment.options.keys(), "overrides its network's table"


def test_the_weak_d_is_weak():
    options = load_config("pacgan_stacked_mnist_weak")["options"]
    model = ganzoo.build("pacgan", image_shape=(28, 28, 3), **options)
    widths = [
        [x.filters for x in of_kind(network, kind)]
        for network, kind in (
            (model.generator, layers.Conv2DTranspose),
            (model.discriminator, layers.Conv2D),
        )
    ]
    assert widths == [[16, 3], [4, 8]]


def _written(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return str(path)


def test_unknown_config_key_names_the_nearest(tmp_path):
    with pytest.raises(ValueError, match="config key 'step'. Did you mean 'steps'?"):
        load_config(_written(tmp_path, "step = 3"))
    with pytest.raises(ValueError, match="Did you mean 'dataset'?"):
        from_dict({"datset": "digits"})


def test_unknown_config_names_the_nearest():
    with pytest.raises(ValueError, match="config 'dcgan_digit'.*'dcgan_digits'?"):
        load_config("dcgan_digit")


def test_config_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no config file 'nowhere.toml'"):
        load_config("nowhere.toml")


@pytest.mark.parametrize("text", [b"steps = ", b"steps = 1\nsteps = 2", b'm = "\xff"'])
def test_broken_toml_is_refused(text, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes(text)
    with pytest.raises(ValueError, match="mine.toml is not valid TOML: "):
        load_config(str(path))


@pytest.mark.parametrize(
    "values,message",
    [
        ({"steps": "8"}, "`steps` must be int. Received: '8'"),
        ({"steps": 8.0}, "`steps` must be int. Received: 8.0"),
        ({"steps": True}, "`steps` must be int. Received: True"),
        ({"strict": 1}, "`strict` must be bool. Received: 1"),
        ({"model": 3}, "`model` must be str"),
        ({"options": 3}, "`options` must be dict. Received: 3"),
        ({"data_dir": 3}, "`data_dir` must be str or NoneType. Received: 3"),
        (
            {"steps": 0},
            "`steps` must be a whole number from 1",
        ),
        (
            {"seed": -1},
            "`seed` must be a whole number from 0",
        ),
        ({"batch_size": 0}, "`batch_size` must be a whole number from 1"),
    ],
)
def test_wrong_values_are_refused(values, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        from_dict(values)


def test_config_with_wrong_types_is_refused_as_it_is_read(tmp_path):
    with pytest.raises(ValueError, match="`options` must be dict"):
        load_config(_written(tmp_path, "options = 3"))


@pytest.mark.parametrize("name", ["sample_every", "checkpoint_every"])
def test_intervals_are_multiples_of_the_logs(name):
    intervals = {"log_every": 4, "sample_every": 8, "checkpoint_every": 8}
    with pytest.raises(ValueError, match=f"`{name}` .*log_every=4. Received: 6."):
        Experiment(**intervals | {name: 6})


@pytest.mark.parametrize("log_every, others", [(100, 500), (30, 510), (700, 700)])
def test_intervals_that_are_not_set_follow_the_logs(log_every, others):
    experiment = Experiment(log_every=log_every)
    assert (experiment.sample_every, experiment.checkpoint_every) == (others, others)
    with pytest.raises(ValueError, match=f"`evaluate_every` .*log_every={log_every}"):
        Experiment(log_every=log_every, evaluate_every=log_every * 2 + 1)


def test_to_dict_is_the_inverse_of_from_dict():
    experiment = Experiment(options={"g_hidden": (8, 8)}, steps=3)
    assert to_dict(experiment)["options"] == {"g_hidden": [8, 8]}
    assert to_dict(from_dict(to_dict(experiment))) == to_dict(experiment)


def test_every_field_but_the_options_has_a_word_of_help():
    assert HELP.keys() == FIELDS.keys() - {"options"}


# --- precedence -----------------------------------------------------------------


def _experiment(*arguments):
    return experiment_of(command.parse(["ganzoo", "train", *arguments]))


CONFIG = """
model = "vanilla"
dataset = "ring8"
steps = 40
[options]
latent_dim = 5
g_hidden = [6]
"""


def test_config_is_below_flags_and_set(tmp_path):
    path = _written(tmp_path, CONFIG)
    plain = _experiment(f"--config={path}")
    assert (plain.model, plain.dataset, plain.steps) == ("vanilla", "ring8", 40)
    assert plain.batch_size == Experiment().batch_size
    over = _experiment(
        "cgan", f"--config={path}", "--steps=7", "--set", "g_hidden=[9]", "--set=k=2"
    )
    assert (over.model, over.dataset, over.steps) == ("cgan", "ring8", 7)
    assert over.options == {"latent_dim": 5, "g_hidden": [9], "k": 2}


def test_flags_that_are_not_given_change_nothing():
    assert _experiment() == Experiment()
    assert _experiment("--strict").strict
    assert _experiment("--labels_per_class=3").labels_per_class == 3


# --- what the data decide -------------------------------------------------------


def _data(labels=None, names=(), shape=(8, 8, 1)):
    arrays = {"real": np.zeros((6, *shape), "uint8")}
    if labels is not None:
        arrays["label"] = np.array(labels, "int32")
    return Data("mine", arrays, names)


def test_shape_and_classes_come_from_the_data():
    data = _data([0, 1, 2, 0, 1, 2], ("a", "b", "c"), (4, 6, 3))
    assert effective_options(Experiment("cgan", seed=3), data) == {
        "image_shape": [4, 6, 3],
        "condition": {"name": "classes", "names": ["a", "b", "c"]},
        "seed": 3,
    }
    assert "condition" not in effective_options(Experiment("dcgan"), data)


def test_options_stand_above_the_data():
    experiment = Experiment("cgan", {"num_classes": 7, "latent_dim": 2})
    options = effective_options(experiment, _data([0] * 6))
    assert options["num_classes"] == 7 and "condition" not in options
    assert options["latent_dim"] == 2


def test_a_class_without_samples_counts():
    data = _data([0, 0, 2, 2, 3, 3], tuple("abcd"))
    model = tiny("sgan", **effective_options(Experiment("sgan"), data))
    assert model.label_count == 4
    # Without names, the largest label tells.
    options = effective_options(Experiment("sgan"), _data([0, 0, 2, 2, 3, 3]))
    assert options["condition"] == {"name": "classes", "count": 4}


@pytest.mark.parametrize("model", ["cgan", "sgan"])
def test_data_without_labels_are_refused_with_the_remedy(model):
    message = f"'{model}' needs labels.*'mine' has none. Use a labelled set: digits"
    with pytest.raises(ValueError, match=message):
        effective_options(Experiment(model), _data())


def test_unknown_option_names_the_nearest():
    experiment = Experiment("dcgan", {"filter": 8})
    with pytest.raises(ValueError, match="option of 'dcgan' 'filter'.*'filters'?"):
        effective_options(experiment, _data())


# --- translation ------------------------------------------------------------------


def test_the_shape_of_sources_comes_from_the_data():
    arrays = {"real": np.zeros((6, 8, 8, 3), "uint8")}
    paired = Data("p", {**arrays, "source": np.zeros((6, 4, 4, 1), "uint8")})
    options = effective_options(Experiment("pix2pix"), paired)
    assert options["source_shape"] == [4, 4, 1]
    assert "decay_steps" not in options
    loose = Data("u", {**arrays, "unpaired": np.zeros((2, 8, 8, 3), "uint8")})
    options = effective_options(Experiment("cyclegan", steps=70), loose)
    assert options["source_shape"] == [8, 8, 3]
    assert options["decay_steps"] == 70
    experiment = Experiment("cyclegan", {"decay_steps": 9})
    assert effective_options(experiment, loose)["decay_steps"] == 9


@pytest.mark.parametrize(
    "model,key", [("pix2pix", "source"), ("cyclegan", "unpaired"), ("dcgan", None)]
)
def test_the_variant_decides_what_is_loaded(model, key):
    settings = data_settings(Experiment(model, pairs="edges", direction="BtoA"))
    assert settings["source_key"] == key
    assert (settings["pairs"], settings["direction"]) == ("edges", "BtoA")


@pytest.mark.parametrize("changes", [{}, {"image_size": 65}])
def test_load_size_is_not_below_the_crop(changes):
    with pytest.raises(ValueError, match="at least `image_size`.*Received: 64"):
        Experiment("pix2pix", load_size=64, **changes)
