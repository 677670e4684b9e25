"""Names to builders, and errors that help."""

import html
import importlib
import importlib.metadata
import inspect
import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from helpers import train

import ganzoo
from ganzoo.models.assemble import OF_NETWORKS
from ganzoo.variants import _registry
from ganzoo.variants._registry import register


@pytest.fixture
def variants(monkeypatch):
    """Forgets after the test what is registered within it."""
    _registry.discover()
    monkeypatch.setattr(_registry, "_variants", dict(_registry._variants))


def test_unknown_name_lists_all_and_the_nearest():
    with pytest.raises(ValueError) as error:
        ganzoo.build("vanila")
    message = str(error.value)
    assert "Unknown model 'vanila'. Did you mean 'vanilla'? Allowed: " in message
    assert all(name in message for name in ganzoo.list_models())


@pytest.mark.parametrize("name", [None, "", 3])
def test_what_is_no_name_is_refused(name):
    with pytest.raises(ValueError, match="Unknown model"):
        ganzoo.build(name)


def test_unknown_option_lists_all_and_the_nearest():
    with pytest.raises(ValueError) as error:
        ganzoo.build("vanilla", g_hiden=(8,))
    message = str(error.value)
    assert "option of 'vanilla' 'g_hiden'. Did you mean 'g_hidden'?" in message
    assert "d_hidden" in message  # the builder's own
    assert "learning_rate" in message  # assemble's


@pytest.mark.parametrize(
    "word, option", [("lr", "learning_rate"), ("n_critic", "d_steps")]
)
def test_words_of_other_programs_are_known(word, option):
    with pytest.raises(ValueError, match=f"'{word}'. Did you mean '{option}'"):
        ganzoo.build("vanilla", **{word: 1})


def test_value_of_an_unfit_type_is_a_value_error():
    with pytest.raises(ValueError, match="option of 'vanilla'.*'g_hidden': 8"):
        ganzoo.build("vanilla", g_hidden=8)


def test_values_of_numpy_are_pythons_own():
    model = ganzoo.build(
        "cgan",
        network="mlp",
        hidden=np.array([4]),
        image_shape=np.array([8, 8, 1]),
        latent_dim=np.int64(3),
        num_classes=np.uint8(2),
        learning_rate=np.float32(0.5),
        d_steps=np.int32(2),
        seed=np.int64(3),
    )
    assert model.latent_dim == 3 and model.num_classes == 2
    assert float(model.g_optimizer.learning_rate) == 0.5
    config = json.loads(json.dumps(model.get_config()))
    assert config["d_steps"] == 2 and config["seed"] == 3
    named = ganzoo.build(
        "cgan", network="mlp", hidden=[4], condition=np.array(["cat", "dog"])
    )
    assert named.condition["names"] == ["cat", "dog"]


@pytest.mark.parametrize(
    "options, message",
    [
        ({"learning_rate": "fast"}, "`learning_rate` must be a number.*'fast'"),
        ({"learning_rate": -0.1}, "`learning_rate` must be a number from 0.*-0.1"),
        ({"learning_rate": {"d": True, "g": 0.1}}, "must be a number.*True"),
        ({"g_optimizer": {"name": "sgd", "learning_rate": -1}}, "from 0.*-1"),
        ({"beta_1": 1.0}, r"`beta_1` must be in \[0, 1\).*1.0"),
        ({"beta_2": -0.5}, r"`beta_2` must be in \[0, 1\).*-0.5"),
        ({"seed": 1.5}, "`seed` must be a whole number from 0.*1.5"),
        ({"seed": -1}, "`seed` must be a whole number from 0.*-1"),
    ],
)
def test_values_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        ganzoo.build("vanilla", image_shape=(8, 8, 1), hidden=[4], **options)


def test_a_rate_may_be_a_whole_number():
    model = ganzoo.build("vanilla", image_shape=(8, 8, 1), learning_rate=1)
    assert float(model.d_optimizer.learning_rate) == 1.0


def test_channels_first_is_refused():
    keras.config.set_image_data_format("channels_first")
    try:
        with pytest.raises(RuntimeError, match="channels last.*'channels_first'"):
            ganzoo.build("dcgan")
    finally:
        keras.config.set_image_data_format("channels_last")


def test_unknown_dtype_is_refused():
    with pytest.raises(ValueError, match="dtype 'float23'. Did you mean 'float32'"):
        ganzoo.build("vanilla", dtype="float23")


@pytest.mark.parametrize("name", ["sgan", "SGAN", "S-Gan", "s_gan"])
def test_names_ignore_case_hyphen_and_underscore(name):
    assert _registry.find(name).name == "sgan"


def test_list_models_is_sorted_and_filters_by_task_and_pattern():
    everything = ganzoo.list_models()
    assert everything == sorted(everything)
    assert {"cgan", "dcgan", "sgan", "vanilla"} <= set(everything)
    assert "cgan" in ganzoo.list_models(task="conditional")
    assert "dcgan" not in ganzoo.list_models(task="conditional")
    assert ganzoo.list_models(pattern="van*") == ["vanilla"]
    assert ganzoo.list_models(task="conditional", pattern="van*") == []


def test_unknown_task_lists_the_tasks():
    with pytest.raises(ValueError, match="task 'imgae'. Did you mean 'image'?.*points"):
        ganzoo.list_models(task="imgae")


def test_describe_merges_own_and_common_options():
    about = ganzoo.describe("DCGAN")
    assert about["name"] == "dcgan"
    assert "1511.06434" in about["paper"]
    assert about["tasks"] == ["image"]
    assert about["batch_keys"] == ["real"]
    assert about["network_options"]["kernel"] == 4  # the family's
    assert about["options"]["beta_1"] == 0.5  # assemble's
    assert about["options"]["prior"] == "uniform"  # its own in place of assemble's
    assert not {"model", "parts", "options"} & about["options"].keys()
    assert about["notes"].startswith("Convolutions of stride 2")


def test_options_of_the_network_are_those_of_the_variants_table():
    """A value for both players is also that of each, under its prefix."""
    about = ganzoo.describe("r3gan")["network_options"]
    names = ("activation", "g_activation", "d_activation")
    assert [about[name] for name in names] == ["leaky_relu"] * 3
    assert about["last"] == 4 and "d_last" not in about  # an option of D alone
    table = {"name": "mlp", "hidden": [8], "d_hidden": [9]}
    about = _registry.find("vanilla").network_options({"network": table})
    assert (about["g_hidden"], about["d_hidden"]) == ([8], [9])


def test_describe_returns_a_dict_that_notebooks_show(monkeypatch):
    about = ganzoo.describe("dcgan")
    assert about == dict(about) and isinstance(about, dict)
    assert json.loads(json.dumps(about)).keys() == about.keys()
    shown = about._repr_html_()
    assert "<tr><td>prior</td><td>&#x27;uniform&#x27;</td></tr>" in shown
    assert "<tr><td>kernel</td><td>4</td></tr>" in shown  # of the network
    [headline, *_] = (result["headline"] for result in about["results"].values())
    assert f"<td>{html.escape(headline)}</td>" in shown
    about["notes"] = about["paper"] = "<script>"
    assert "<script" not in about._repr_html_()
    about["results"] = {}
    assert "experiment" not in about._repr_html_()


READ_THEN_IMPORTED = """
import dataclasses, inspect, sys, ganzoo
from ganzoo.variants import _registry

def facts(name):
    variant = _registry.find(name)
    parameters = inspect.signature(variant.builder).parameters.values()
    signature = [(p.name, p.kind, p.default) for p in parameters]
    record = dataclasses.replace(variant, builder=None)
    return [record, signature, ganzoo.describe(name)]

names = ganzoo.list_models()
read = [facts(name) for name in names]
assert not {"tensorflow", "keras"} & sys.modules.keys()
_registry.import_variants()
assert all(inspect.isfunction(_registry.find(name).builder) for name in names)
for name, fact in zip(names, read, strict=True):
    assert repr(fact) == repr(facts(name)), name
print(len(names))
"""


@pytest.mark.long
def test_what_is_read_from_the_source_is_what_the_builders_say():
    done = subprocess.run(
        [sys.executable, "-c", READ_THEN_IMPORTED],
        capture_output=True,
        text=True,
        cwd=Path(ganzoo.__file__).parents[1],
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == len(ganzoo.list_models())


def test_the_common_options_are_the_keywords_of_assemble():
    parameters = inspect.signature(ganzoo.assemble).parameters.values()
    keywords = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
    keywords |= OF_NETWORKS
    options = ganzoo.describe("lsgan")["options"]
    assert options == {**keywords, **_registry.find("lsgan").own_options}


def test_a_default_that_is_no_literal_is_named(variants, tmp_path, monkeypatch):
    path = tmp_path / "computed.py"
    path.write_text(
        'RATE = max(1, 2)\n@register("computed", paper="", tasks=())\n'
        "def computed(rate=RATE):\n    pass\n"
    )
    folders = [*ganzoo.variants.__path__, str(tmp_path)]
    monkeypatch.setattr(ganzoo.variants, "__path__", folders)
    _registry.discover.cache_clear()
    with pytest.raises(ValueError, match=f"{path}, line 3: .* Received: RATE"):
        _registry.discover()


def test_describe_names_what_was_measured():
    results = ganzoo.describe("dcgan")["results"]
    assert {"dcgan_digits", "dcgan_mnist"} <= set(results)
    assert "cgan_mnist" not in results
    folder = Path(ganzoo.__file__).parents[1] / "zoo_configs" / "results"
    recorded = json.loads((folder / "dcgan_digits.json").read_text())
    assert results["dcgan_digits"] == {
        "headline": recorded["headline"],
        "target": recorded["target"],
    }


def test_a_name_is_registered_once(variants):
    def builder():
        pass

    builder.__module__ = "somewhere.else"
    with pytest.raises(ValueError, match="ganzoo.variants.dcgan.*somewhere.else"):
        register("DC-GAN", paper="", tasks=())(builder)
    assert _registry.find("dcgan").builder is not builder


def test_a_notebook_may_run_its_cell_again(variants):
    for _ in range(2):
        register("mine", paper="", tasks=("image",))(lambda: None)
    assert "mine" in ganzoo.list_models()


def test_a_plug_in_replaces_what_a_notebook_defined(variants):
    def builder():
        pass

    for module in ("__main__", "ganzoo_plugin_mine"):
        builder.__module__ = module
        register("mine", paper="", tasks=("image",))(builder)
    assert _registry.find("mine").builder.__module__ == "ganzoo_plugin_mine"


@pytest.mark.parametrize("option", ["tasks", "batch_keys", "by_steps"])
def test_one_word_instead_of_a_list_is_refused(option):
    given = {"tasks": ("image",), option: "image"}
    with pytest.raises(ValueError, match=rf"`{option}` must be a list.*'image'"):
        register("mine", paper="", **given)


LOSS_ONLY = '''"""Least squares on tiny nets."""
from ganzoo.models.assemble import assemble
from ganzoo.networks import mlp
from ganzoo import register

@register("tiny-lsgan", paper="a test", tasks=("image",))
def tiny_lsgan(image_shape=(8, 8, 1), loss="least_squares", **options):
    """One file, and nothing else."""
    g = mlp.generator(image_shape, latent_dim=4, hidden=(8,))
    d = mlp.discriminator(image_shape, hidden=(8,))
    return assemble(generator=g, discriminator=d, loss=loss, **options)
'''


def test_variant_that_differs_by_loss_is_one_file_of_twelve_lines(
    variants, tmp_path, monkeypatch
):
    assert len(LOSS_ONLY.splitlines()) <= 12
    (tmp_path / "tiny_lsgan.py").write_text(LOSS_ONLY)
    folders = [*ganzoo.variants.__path__, str(tmp_path)]
    monkeypatch.setattr(ganzoo.variants, "__path__", folders)
    _registry.discover.cache_clear()
    assert "tiny-lsgan" in ganzoo.list_models()
    model = ganzoo.build("tiny_lsgan", learning_rate=1e-3)
    logs = train(model, 1)
    assert model.step == 1
    assert np.isfinite(logs["d_loss"])
    assert model.loss == "least_squares"
    assert float(model.g_optimizer.learning_rate) == pytest.approx(1e-3)
    with pytest.raises(ValueError, match="Did you mean 'least_squares'?"):
        ganzoo.build("tiny-lsgan", loss="least_square")


REPEAT = [  # their builders state defaults, and pass the options on
    *("acgan", "cgan", "dcgan", "dragan", "gan3d", "improved", "lsgan", "pacgan"),
    *("r3gan", "sagan", "sngan", "unrolled", "vanilla", "wgan", "wgan_gp"),
]


@pytest.mark.parametrize("module", [*REPEAT, "molgan"])
def test_builder_that_only_states_defaults_has_at_most_45_lines(module):
    builder = vars(importlib.import_module(f"ganzoo.variants.{module}"))[module]
    lines, _ = inspect.getsourcelines(builder)  # from the decorator to the end
    assert lines[0].startswith("@register(")
    assert len(lines) <= 45


def test_plug_ins_come_by_entry_point(variants, monkeypatch):
    class Entry:
        def load(self):
            register("plugged", paper="", tasks=("image",))(lambda: "built")

    def entry_points(group):
        return [Entry()] if group == "ganzoo.variants" else []

    monkeypatch.setattr(importlib.metadata, "entry_points", entry_points)
    _registry.discover.cache_clear()
    assert "plugged" in ganzoo.list_models()
    assert ganzoo.build("plugged") == "built"


def test_another_backend_that_keras_was_set_to_is_refused(monkeypatch):
    _registry.discover.cache_clear()
    monkeypatch.setattr(keras.config, "backend", lambda: "torch")
    with pytest.raises(RuntimeError, match="KERAS_BACKEND=tensorflow.*'torch'"):
        ganzoo.build("vanilla")
