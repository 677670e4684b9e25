"""The models that are installed with the package."""

import numpy as np
import pytest
from helpers import TINY, tiny

import ganzoo
from ganzoo.cli import main as command
from ganzoo.models.from_image import TranslationModel
from ganzoo.models.warm_start import take_over
from ganzoo.runs import pretrained


def answers(model):
    """16 samples, or translations of 16 pictures of noise."""
    if not isinstance(model, TranslationModel):
        return model.sample(16)
    shape = (16, *model.source_shape)
    return model.translate(np.random.default_rng(0).integers(0, 256, shape, np.uint8))


@pytest.mark.parametrize("name", pretrained.names())
def test_every_model_loads_samples_and_has_a_card(name):
    model = ganzoo.load(name)
    samples = answers(model)
    assert samples.shape == (16, *model.sample_shape)
    images = samples.dtype == np.uint8
    assert images == (model.value_range is not None)
    assert samples.std() > (10 if images else 0.1)
    assert not np.array_equal(samples[0], samples[1])
    about = pretrained.card(name)
    assert f"--config={about['config']}" in about["command"]
    assert about["scores"]
    for scores in about["scores"].values():
        assert all(score["protocol"] and "floor" in score for score in scores)
    files = [pretrained.FOLDER / f"{name}.{kind}" for kind in ("npz", "json")]
    assert sum(file.stat().st_size for file in files) <= 2 * 2**20


def test_there_are_fourteen_variants_in_25_megabytes():
    cards = [pretrained.card(name) for name in pretrained.names()]
    assert len({about["build"]["name"] for about in cards}) >= 14
    assert sum(map(pretrained.size, pretrained.names())) < 25 * 2**20


def test_the_list_tells_data_size_and_score(capsys):
    command.run(command.parse(["ganzoo", "list", "pretrained"]))
    lines = capsys.readouterr().out.splitlines()
    (digits,) = (line for line in lines if line.startswith("dcgan_digits"))
    score = pretrained.card("dcgan_digits")["scores"]["classifier"][0]
    named = f"frechet_distance (classifier) {score['value']:.3g}, real data"
    name, data, size, unit, *rest = digits.split()
    assert (name, data, unit) == ("dcgan_digits", "digits", "MiB")
    assert size == f"{pretrained.size('dcgan_digits') / 2**20:.1f}"
    assert " ".join(rest).startswith(named)


def test_there_are_digits_and_mnist():
    assert {"dcgan_digits", "dcgan_mnist", "cgan_mnist"} <= set(pretrained.names())


def test_the_cards_scores_are_those_of_the_loaded_model():
    about = pretrained.card("dcgan_digits")
    expected = {s["metric"]: s["value"] for s in about["scores"]["pixels"]}
    settings = {"dataset": "digits", "extractor": "pixels", "n": 2000}
    found = ganzoo.evaluate("dcgan_digits", **settings, only=list(expected))
    for score in found.scores:
        assert score.value == pytest.approx(expected[score.metric], rel=1e-3)


def test_written_and_loaded_again_it_samples_nearly_the_same(tmp_path, monkeypatch):
    model = tiny("vanilla", seed=3)
    options = {"image_shape": [8, 8, 1], "g_hidden": [16, 16], "d_hidden": [16, 16]}
    made = {"name": "vanilla", "options": {**options, "latent_dim": 4}}
    pretrained.write(model, "mine", made, {"note": 1}, tmp_path)
    monkeypatch.setattr(pretrained, "FOLDER", tmp_path)
    loaded = ganzoo.load("mine")
    difference = model.sample(64).astype(int) - loaded.sample(64).astype(int)
    assert 0 < np.abs(difference).max() <= 8
    assert pretrained.card("mine")["note"] == 1
    data = bytearray((tmp_path / "mine.npz").read_bytes())
    data[100] ^= 1
    (tmp_path / "mine.npz").write_bytes(data)
    with pytest.raises(ValueError, match="another hash"):
        ganzoo.load("mine")


def test_a_large_model_is_written_more_coarsely(tmp_path, monkeypatch):
    model = tiny("vanilla", seed=3)
    options = {"image_shape": [8, 8, 1], "g_hidden": [16, 16], "d_hidden": [16, 16]}
    made = {"name": "vanilla", "options": {**options, "latent_dim": 4}}
    fine, coarse = (len(pretrained._file(model, True, n)) for n in pretrained.LEVELS)
    assert coarse < fine
    monkeypatch.setattr(pretrained, "MAX_BYTES", coarse)
    monkeypatch.setattr(pretrained, "FOLDER", tmp_path)
    pretrained.write(model, "coarse", made, {}, tmp_path, judge=True)
    kernel = ganzoo.load("coarse").generator.get_weights()[0]
    levels = kernel / np.abs(kernel).max(axis=0) * 63
    np.testing.assert_allclose(levels, np.rint(levels), atol=1e-4)
    monkeypatch.setattr(pretrained, "MAX_BYTES", coarse - 1)
    with pytest.raises(ValueError, match=f"{coarse} bytes, more than"):
        pretrained.write(model, "none", made, {}, tmp_path, judge=True)


def test_every_network_of_a_model_is_kept(tmp_path, monkeypatch):
    model = tiny("cyclegan", seed=3)
    options = {"image_shape": [8, 8, 1], **TINY["cyclegan"]}
    made = {"name": "cyclegan", "options": options}
    pretrained.write(model, "both", made, {}, tmp_path, judge=True)
    monkeypatch.setattr(pretrained, "FOLDER", tmp_path)
    loaded = ganzoo.load("both")
    assert len(loaded.warm) == 4
    for name in ("generators", "discriminators"):
        for own, other in zip(getattr(model, name), getattr(loaded, name), strict=True):
            for a, b in zip(own.get_weights(), other.get_weights(), strict=True):
                np.testing.assert_allclose(a, b, atol=np.abs(a).max() / 250 + 1e-9)


def test_a_model_may_carry_its_judge_and_says_what_it_holds(tmp_path, monkeypatch):
    model = tiny("vanilla", seed=3)
    options = {"image_shape": [8, 8, 1], "g_hidden": [16, 16], "d_hidden": [16, 16]}
    made = {"name": "vanilla", "options": {**options, "latent_dim": 4}}
    pretrained.write(model, "both", made, {}, tmp_path, judge=True)
    pretrained.write(model, "alone", made, {}, tmp_path)
    monkeypatch.setattr(pretrained, "FOLDER", tmp_path)
    both, alone = ganzoo.load("both"), ganzoo.load("alone")
    assert both.warm == ("generator", "discriminator")
    assert alone.warm == ("generator",)
    pairs = zip(
        model.discriminator.get_weights(),
        both.discriminator.get_weights(),
        alone.discriminator.get_weights(),
        strict=True,
    )
    for weight, held, other in pairs:
        np.testing.assert_allclose(held, weight, atol=np.abs(weight).max() / 250 + 1e-9)
        assert weight.ndim < 2 or (other != weight).any()
    lines = take_over(tiny("vanilla"), alone)
    assert lines[1] == "discriminator: new, the start has no trained one"
    assert "new" not in str(take_over(tiny("vanilla"), both))


def test_an_average_is_what_is_kept(tmp_path, monkeypatch):
    model = tiny("vanilla", ema_decay=0.9)
    for weight in model.average_of(model.generator).weights:
        weight.assign(weight + 0.1)
    made = {"name": "vanilla", "options": {"image_shape": [8, 8, 1]}}
    made["options"] |= {"g_hidden": [16, 16], "d_hidden": [16, 16], "latent_dim": 4}
    made["options"]["ema_decay"] = 0.0
    pretrained.write(model, "mean", made, {}, tmp_path)
    monkeypatch.setattr(pretrained, "FOLDER", tmp_path)
    loaded = ganzoo.load("mean")
    difference = model.sample(16).astype(int) - loaded.sample(16).astype(int)
    assert np.abs(difference).max() <= 8
    assert not loaded.averages


def test_too_large_a_model_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(pretrained, "MAX_BYTES", 100)
    with pytest.raises(ValueError, match="more than 100"):
        pretrained.write(tiny("vanilla"), "large", {}, {}, tmp_path)
    assert not list(tmp_path.iterdir())


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match="Did you mean 'dcgan_mnist'"):
        ganzoo.load("dcgan_minst")
    with pytest.raises(ValueError, match="Unknown pretrained model 'x'"):
        pretrained.load("x")


def test_a_path_goes_before_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dcgan_mnist").mkdir()
    with pytest.raises(ValueError, match="neither a run directory"):
        ganzoo.load("dcgan_mnist")


def test_a_pretrained_model_has_no_best_checkpoint(tmp_path):
    tiny("vanilla").save(tmp_path / "x.keras")
    for source in ("vanilla_ring8", tmp_path / "x.keras"):
        with pytest.raises(ValueError, match="best=True is for run directories"):
            ganzoo.load(source, best=True)
