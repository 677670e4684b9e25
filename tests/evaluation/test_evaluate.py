import json
import shutil

import numpy as np
import pytest
from helpers import tiny
from small_runs import BASE, TINY, files_of
from terminal import Terminal

import ganzoo
from ganzoo.data.dataset import Data
from ganzoo.data.splits import Parts, load_parts
from ganzoo.evaluation import evaluate
from ganzoo.evaluation.evaluate import baselines
from ganzoo.evaluation.scorer import scorer_for
from ganzoo.plots.pictures import read_png
from ganzoo.runs import directory
from ganzoo.runs.experiment import Experiment

WATCHED = {"evaluate_every": 2, "evaluation_samples": 40, "extractor": "pixels"}


def _train(path, **changes):
    return ganzoo.train(Experiment(**BASE | changes), path, progress=False)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "run"
    _train(path, **WATCHED)
    return path


@pytest.fixture
def run(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "run")


def test_a_run_gets_its_scores_next_to_real_data(run):
    found = ganzoo.evaluate(run, n=50, extractor="pixels")
    assert {score.checkpoint for score in found.scores} == {"last", "best"}
    last = found.get("frechet_distance")
    assert last.step == 4
    assert last.value > last.floor > 0
    assert "pixels 1" in last.protocol
    assert evaluate.read(run) == found
    again = ganzoo.evaluate(run, n=50, extractor="pixels")
    assert again == found


def test_a_bar_tells_every_stage_on_a_terminal(run, monkeypatch):
    monkeypatch.setattr("sys.stderr", bar := Terminal())
    ganzoo.evaluate(run, n=50, extractor="pixels", only=["recall"])
    words = [frame.partition(":")[0] for frame in bar.frames if ": " in frame]
    assert [word for word in dict.fromkeys(words) if "scores" not in word] == [
        "loading the model",
        "reading the data",
        "sampling",
        "scoring",
    ]
    assert {"scores", "scores of real data"} <= {*words}
    assert bar.frames[-2].strip() == ""  # it vanishes
    before = bar.getvalue()
    ganzoo.evaluate(run, n=50, extractor="pixels", only=["recall"], progress=False)
    assert bar.getvalue() == before


def test_the_table_has_a_line_a_score(run):
    found = ganzoo.evaluate(run, n=50, extractor="pixels", only=["recall", "coverage"])
    head, recall, coverage, *notes = found.table().splitlines()
    assert head.split() == ["last", "best", "real", "data", "better"]
    assert [line.split()[0] for line in (recall, coverage)] == ["recall", "coverage"]
    assert recall.split()[3] == f"{found.get('recall').floor:.4g}"
    assert notes == ["50 samples; extractor pixels 1."]


def test_the_classifier_tells_its_accuracy_and_fewer_samples_are_said(run):
    found = ganzoo.evaluate(run, only=["classifier_score"])
    text = found.table()
    assert "accuracy on real test data: " in text
    assert "Fewer than the requested 10000" in text
    assert 1 <= found.get("classifier_score").value <= 10


def test_a_thorough_evaluation_adds_intervals_and_the_nearest_pairs(run):
    found = ganzoo.evaluate(
        run, n=120, extractor="pixels", only=["coverage", "authentic"], thorough=True
    )
    coverage = found.get("coverage")
    assert f"{coverage.value:.4g} ±{coverage.margin:.2g}" in found.table()
    assert found.get("authentic").margin is None
    assert "95% interval over the samples" in found.table()
    assert evaluate.read(run) == found
    picture = read_png(run / "nearest.png")
    assert picture.shape[1] >= 400


def test_nearest_pairs_stand_above_their_training_images():
    parts = load_parts("digits")
    scorer = scorer_for(tiny("vanilla"), parts, n=40, extractor="pixels")
    training = parts.train.arrays["real"]
    samples = np.random.default_rng(0).integers(0, 256, (40, 8, 8, 1), "uint8")
    samples[7], samples[9] = training[3], training[5]
    picture = evaluate.nearest_pairs(
        scorer, scorer.view(Data("samples", {"real": samples}))
    )
    scale = (picture.shape[1] - 2) // 8 - 2
    top, bottom = picture[2 : 2 + scale], picture[4 + scale : 4 + 2 * scale]
    copied = slice(2, 4 + 2 * scale)  # the first two pairs are exact copies
    np.testing.assert_array_equal(top[:, copied], bottom[:, copied])
    later = slice(6 + 2 * scale, 8 + 3 * scale)
    assert (top[:, later] != bottom[:, later]).any()


@pytest.mark.parametrize("count,rows", [(7, 2), (12, 2), (16, 4), (20, 4)])
def test_nearest_pairs_have_whole_rows(count, rows):
    parts = load_parts("digits")
    scorer = scorer_for(tiny("vanilla"), parts, n=count, extractor="pixels")
    samples = parts.train.arrays["real"][:count]
    picture = evaluate.nearest_pairs(
        scorer, scorer.view(Data("samples", {"real": samples}))
    )
    side = (picture.shape[1] - 2) // min(count, 8)
    assert (len(picture) - 2) // side == rows
    top, bottom = picture[2 : side + 2], picture[side + 2 : 2 * side + 2]
    np.testing.assert_array_equal(top, bottom)  # each is its own nearest one


def test_scores_of_the_older_format_are_read(run):
    found = ganzoo.evaluate(run, n=50, extractor="pixels", only=["recall"])
    path = run / "evaluation.json"
    content = json.loads(path.read_text())
    for row in content["scores"]:
        del row["margin"]
    path.write_text(json.dumps({**content, "format": 1}))
    assert evaluate.read(run) == found


def test_a_model_and_a_file_are_scored_on_a_data_set(tmp_path):
    model = tiny("vanilla")
    model.save(tmp_path / "model.keras")
    options = {"dataset": "digits", "n": 30, "extractor": "pixels"}
    one = ganzoo.evaluate(model, **options)
    two = ganzoo.evaluate(tmp_path / "model.keras", **options)
    assert one == two
    assert not list(tmp_path.glob("*.json"))
    with pytest.raises(ValueError, match="needs a data set"):
        ganzoo.evaluate(model)


def test_a_conditional_model_is_asked_for_the_labels_of_the_data():
    model = tiny("cgan")
    asked = []

    def sample(n, *, seed, label=None):
        asked.append(label)
        return np.random.default_rng(seed).integers(0, 256, (n, 8, 8, 1), "uint8")

    model.sample = sample
    scorer = scorer_for(model, load_parts("digits"), n=30, extractor="pixels")
    found = ganzoo.evaluate(model, scorer=scorer, only=["gan_test_accuracy"])
    labels = scorer.reference.data.arrays["label"]
    assert asked[0].tolist() == [str(label) for label in labels]  # by name
    assert found.get("gan_test_accuracy").value < 0.5
    assert found.get("gan_test_accuracy").floor > 0.8


@pytest.mark.parametrize("kind", ["images", "vectors"])
def test_a_test_split_without_labels_leaves_out_what_needs_them(tmp_path, kind):
    rng = np.random.default_rng(0)
    shape = (8, 8, 1) if kind == "images" else (3,)
    real = rng.normal(size=(60, *shape)).astype("float32").clip(-1, 1)
    labels = np.arange(40) % 2
    np.savez(tmp_path / "x.npz", x_train=real[:40], y_train=labels, x_test=real[40:])
    model = tiny("cgan", image_shape=shape, num_classes=2)
    found = ganzoo.evaluate(model, n=12, dataset=tmp_path / "x.npz", extractor="pixels")
    names = {score.metric for score in found.scores}
    assert "recall" in names and not {n for n in names if n.startswith("gan_t")}


def test_the_shares_of_classes_are_those_of_the_training_split(tmp_path):
    """A reference of 12 samples lacks most of 30 classes."""
    rng = np.random.default_rng(0)
    data = rng.integers(0, 256, (120, 8, 8, 1), "uint8")
    labels = np.arange(120) % 30
    train, test = (
        Data(
            "set",
            {"real": data[part], "label": labels[part]},
            tuple(map(str, range(30))),
        )
        for part in (slice(90), slice(90, None))
    )
    scorer = scorer_for(tiny("vanilla"), Parts(train, test), n=12)
    scores = ganzoo.evaluate(tiny("vanilla"), scorer=scorer, only=["class_kl"]).scores
    assert np.isfinite([scores[0].value, scores[0].floor]).all()
    assert "class_kl(shares=training)" in scores[0].protocol


def test_a_scorer_says_its_own_number_and_names_may_come_once():
    model = tiny("vanilla")
    scorer = scorer_for(model, load_parts("digits"), n=30, extractor="pixels")
    found = ganzoo.evaluate(model, scorer=scorer, only=(x for x in ["recall"]))
    assert [score.metric for score in found.scores] == ["recall"]
    assert not any("Fewer" in note for note in found.notes)


def test_one_scorer_serves_many_models():
    model, other = tiny("vanilla"), tiny("vanilla", seed=1)
    scorer = scorer_for(model, load_parts("digits"), n=30, extractor="pixels")
    floors = [
        ganzoo.evaluate(each, scorer=scorer).get("recall").floor
        for each in (model, other)
    ]
    assert floors[0] == floors[1]


def test_points_are_scored_too(tmp_path):
    options = {"g_hidden": [8], "d_hidden": [8], "latent_dim": 2, "normalize": False}
    _train(tmp_path / "ring", dataset="ring8", options=options)
    found = ganzoo.evaluate(tmp_path / "ring", n=100)
    assert found.get("modes").floor == 8
    assert found.get("high_quality").value <= 1


@pytest.mark.parametrize("scale,noted", [(100, True), (5, False)])
def test_columns_of_different_scales_are_noted(scale, noted):
    real = np.random.default_rng(0).normal(size=(90, 2)) * [1, scale]
    data = Data("mine", {"real": real.astype("float32")})
    found = ganzoo.evaluate(tiny("vanilla", image_shape=(2,)), n=30, dataset=data)
    notes = [note for note in found.notes if "Columns differ in scale" in note]
    assert len(notes) == noted
    assert all("distances follow the largest" in note for note in notes)


def test_data_in_memory_are_scored_for_a_model_and_not_for_a_run(run):
    model, data = tiny("vanilla"), load_parts("digits").train
    found, named = (
        ganzoo.evaluate(model, n=30, dataset=each, extractor="pixels")
        for each in (data, "digits")
    )
    first, second = (each.get("frechet_distance").value for each in (found, named))
    assert first == second  # next to other real samples, of the training split
    assert any("third of the training split" in note for note in found.notes)
    with pytest.raises(ValueError, match="reads its own data set.*'digits'"):
        ganzoo.evaluate(run, dataset=data)


# --- bad input --------------------------------------------------------------------


def test_a_newer_run_is_named_and_left_alone(run):
    config = json.loads((run / "config.json").read_text())
    config["format"] = directory.FORMAT + 1
    (run / "config.json").write_text(json.dumps(config))
    before = files_of(run)
    with pytest.raises(ValueError, match=f"{run}/config.json .*newer version"):
        ganzoo.evaluate(run)
    assert files_of(run) == before


def test_newer_and_damaged_scores_are_refused(run):
    assert evaluate.read(run) is None
    path = run / evaluate.FILE
    path.write_text(json.dumps({"format": evaluate.FORMAT + 1}))
    with pytest.raises(ValueError, match=f"{path} .*newer version"):
        evaluate.read(run)
    path.write_text('{"format": 1, "scores": [')
    with pytest.raises(ValueError, match="damaged"):
        evaluate.read(run)


def test_a_failed_evaluation_leaves_the_run_as_it_is(run):
    before = files_of(run)
    with pytest.raises(ValueError, match="at least 6"):
        ganzoo.evaluate(run, n=3)
    with pytest.raises(ValueError, match="'fid' does not apply.*network of FID"):
        ganzoo.evaluate(run, n=30, extractor="pixels", only=["fid"])
    with pytest.raises(ValueError, match=r"must be a list, such as \['recall'\]"):
        ganzoo.evaluate(run, n=30, only="recall")
    with pytest.raises(ValueError, match="trained on, 'digits'"):
        ganzoo.evaluate(run, dataset="mnist")
    ring = scorer_for(tiny("vanilla", image_shape=(2,)), load_parts("ring8"), n=30)
    with pytest.raises(ValueError, match="trained on, 'digits'.*'ring8'"):
        ganzoo.evaluate(run, scorer=ring)
    assert files_of(run) == before


def test_a_data_set_that_has_changed_is_refused(run):
    config = json.loads((run / "config.json").read_text())
    config["data"]["fingerprint"] = "0"
    (run / "config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match="'digits' is not the one of the run"):
        ganzoo.evaluate(run)


def test_a_model_that_has_diverged_is_named():
    model = tiny("vanilla", ema_decay=0.0)  # samples come from no average
    for weight in model.generator.weights:
        weight.assign(np.full(weight.shape, np.nan, "float32"))
    with pytest.raises(ValueError, match="NaN or infinite: the model has diverged"):
        ganzoo.evaluate(model, dataset="digits", n=30, extractor="pixels")


def test_an_unlabelled_set_with_the_classifier_is_refused(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (60, 8, 8, 1), "uint8")
    np.savez(tmp_path / "x.npz", x_train=images)
    with pytest.raises(ValueError, match="needs labels, and the data set 'x' has none"):
        ganzoo.evaluate(
            tiny("vanilla"), dataset=tmp_path / "x.npz", extractor="classifier"
        )


def test_a_run_without_scores_has_no_best_checkpoint(tmp_path):
    _train(tmp_path / "run", options=TINY)
    with pytest.raises(ValueError, match="no best checkpoint: train with evaluate"):
        ganzoo.load(tmp_path / "run", best=True)


# --- translations -------------------------------------------------------------------

PAIRED = {"model": "pix2pix", "pairs": "invert", "image_size": 12, "steps": 1}
SMALL = {"filters": 2, "d_levels": 1, "levels": 2}


def test_translations_are_scored_beside_the_answers_and_two_baselines(tmp_path):
    model = _train(tmp_path / "run", options=SMALL, **PAIRED)
    names = ["l1", "psnr", "ssim", "mean_gradient", "frechet_distance"]
    found = ganzoo.evaluate(tmp_path / "run", n=40, extractor="pixels", only=names)
    test = load_parts("digits", source_key="source", pairs="invert", image_size=12)
    test = test.take("test", 40).arrays
    made = model.translate(test["source"]).astype(float)
    assert found.get("l1").value == pytest.approx(
        abs(made - test["real"]).mean() / 255, rel=1e-5
    )
    assert [found.get(name).floor for name in ("l1", "psnr", "ssim")] == [0, np.inf, 1]
    source = abs(test["source"].astype(float) - test["real"]).mean() / 255
    assert found.get("l1", "source").value == pytest.approx(source, rel=1e-5)
    mean = load_parts("digits", image_size=12).train.arrays["real"].mean(axis=0)
    error = abs(np.rint(mean) - test["real"]).mean() / 255
    assert found.get("l1", "mean image").value == pytest.approx(error, rel=1e-4)
    head, *lines = found.table().splitlines()
    assert head.split() == ["last", "source", "mean", "image", "real", "data", "better"]
    cells = {line.split()[0]: len(line.split()) for line in lines}
    assert (cells["l1"], cells["frechet_distance"]) == (6, 4)  # no baseline of it
    assert evaluate.read(tmp_path / "run") == found
    text = (tmp_path / "run" / evaluate.FILE).read_text()
    json.loads(text, parse_constant=pytest.fail)  # strict readers have no Infinity


def test_of_a_stack_the_last_image_is_the_source_beside_the_answers():
    parts = load_parts("digits", source_key="source", pairs="hole")
    scorer = scorer_for(tiny("pix2pix"), parts, n=30, extractor="pixels")
    test = parts.take("test", 30).arrays["source"]
    assert test.shape[-1] == 2
    np.testing.assert_array_equal(
        baselines(scorer)["source"].arrays["real"], test[..., 1:]
    )


@pytest.mark.long
def test_cyclegan_has_a_cycle_error_and_known_answers(tmp_path):
    options = {"filters": 2, "blocks": 1, "d_levels": 1}
    changes = {"model": "cyclegan", "pairs": "invert", "steps": 1, "image_size": 12}
    model = _train(tmp_path / "run", options=options, **changes)
    names = ["cycle_l1", "l1", "mean_gradient"]
    found = ganzoo.evaluate(tmp_path / "run", n=30, extractor="pixels", only=names)
    parts = load_parts("digits", source_key="unpaired", pairs="invert", image_size=12)
    given = parts.take("test", 30).arrays["source"]
    made = model.translate(given)
    again = model.translate(made, reverse=True).astype(float)
    error = abs(again - given).mean() / 255
    assert found.get("cycle_l1").value == pytest.approx(error, rel=1e-5)
    assert found.get("cycle_l1").floor == 0
    real = parts.take("test", 30).arrays["real"].astype(float)
    assert found.get("l1").value == pytest.approx(abs(made - real).mean() / 255, 1e-5)


def test_a_score_of_pairs_needs_known_answers():
    scorer = scorer_for(tiny("vanilla"), load_parts("digits"), n=30, extractor="pixels")
    assert baselines(scorer) == {}
    assert not {"l1", "mean_gradient", "cycle_l1"} & set(scorer.names(["label"]))


def test_an_unknown_score_is_refused_before_anything_is_read():
    with pytest.raises(ValueError, match="score 'recal'. Did you mean 'recall'"):
        ganzoo.evaluate("no run", only=["recal"])


def test_scores_that_cannot_be_written_are_returned(run):
    (run / evaluate.FILE).mkdir()
    with pytest.warns(UserWarning, match="The scores are not in .*run"):
        found = ganzoo.evaluate(run, n=50, extractor="pixels", only=["recall"])
    assert 0 <= found.get("recall").value <= 1


def test_a_class_without_a_test_row_has_no_recall():
    assert evaluate._recall("rare", np.nan, np.nan) == "rare without a test row"
    assert evaluate._recall("usual", 0.5, 1.0) == "usual 50.0% (100.0%)"


def test_test_data_without_labels_are_named(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (60, 8, 8, 1), "uint8")
    arrays = {"x_train": images[:40], "y_train": np.arange(40) % 2}
    np.savez(tmp_path / "set.npz", **arrays, x_test=images[40:])
    model, settings = tiny("cgan", num_classes=2), {"n": 10, "extractor": "pixels"}
    found = evaluate.evaluate(model, dataset=str(tmp_path / "set.npz"), **settings)
    assert "the test data have no labels" in found.notes[-1]
