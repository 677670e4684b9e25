import numpy as np
import pytest
from helpers import tiny

from ganzoo import metrics
from ganzoo.data.dataset import Data
from ganzoo.data.splits import Parts, load_parts
from ganzoo.evaluation import extractors, metric_table
from ganzoo.evaluation.scorer import FINAL, SELECTION, Scorer, as_samples, measure

N = 60
RNG = np.random.default_rng(0)


def scorer(parts, extractor="pixels", n=N, roles=FINAL):
    return Scorer(parts, extractors.get(extractor, parts), n, roles)


def noisy(data, level):
    """The same images with uniform noise of +-level added, as generated samples."""
    real = data.arrays["real"]
    noise = RNG.integers(-level, level + 1, real.shape)
    images = np.clip(real.astype(int) + noise, 0, 255).astype("uint8")
    return Data("samples", {"real": images})


@pytest.fixture(scope="module")
def digits():
    return load_parts("digits")


@pytest.fixture(scope="module")
def on_digits(digits):
    return scorer(digits)


# --- which scores there are -------------------------------------------------------

ALWAYS = {
    "frechet_distance",
    "kernel_distance",
    "precision",
    "recall",
    "density",
    "coverage",
    "sliced_wasserstein",
    "two_sample_accuracy",
    "nearer",
    "copies",
}
ON_IMAGES = {"parzen_log_likelihood"}
ON_CLASSES = {"classifier_score", "classes", "class_kl"}
ON_LABELS = {"gan_train_accuracy", "gan_test_accuracy"}
EXTRA = {
    "frechet_quarter",
    "frechet_half",
    "frechet_infinity",
    "effective_rank",
    "data_copying",
    "authentic",
}
PUBLISHED = {"fid", "kid", "inception_score", "mind"}
ON_PAIRS = {"l1", "psnr", "ssim", "vgg16_edges_distance"}
ON_CAPTIONS = {"matching_accuracy"}
ON_MIXTURES = {"modes", "high_quality", "reverse_kl"}


def images_of(side, labels=False):
    images = RNG.integers(0, 256, (120, side, side, 1), "uint8")
    label = {"label": np.arange(120, dtype="int32") % 3} if labels else {}
    names = ("a", "b", "c") if labels else ()
    data = Data("noise", {"real": images, **label}, names)
    return Parts(data, data)


@pytest.mark.parametrize(
    ("make", "extractor", "expected"),
    [
        (lambda: load_parts("digits"), "classifier", ON_IMAGES | ON_CLASSES),
        (lambda: load_parts("digits"), "pixels", ON_IMAGES),
        (lambda: images_of(8), "pixels", ON_IMAGES),
        (lambda: images_of(16), "pixels", ON_IMAGES | {"ms_ssim"}),
        (lambda: load_parts("ring8"), "pixels", ON_MIXTURES),
        (lambda: load_parts("swiss_roll"), "pixels", set()),
    ],
)
def test_the_data_decide_which_scores_apply(make, extractor, expected):
    assert set(scorer(make(), extractor).names()) == ALWAYS | expected


def test_labels_that_a_model_was_asked_for_add_scores(on_digits):
    added = set(on_digits.names(["label"])) - set(on_digits.names())
    assert added == ON_LABELS


def test_held_out_data_are_needed_to_tell_copies(digits):
    for parts, roles in ((Parts(digits.train), FINAL), (digits, SELECTION)):
        assert "copies" not in scorer(parts, roles=roles).names()


# --- their values -----------------------------------------------------------------


def test_stand_ins_are_reference_samples_of_the_same_label():
    label = np.arange(120, dtype="int32") % 3
    base = np.uint8([0, 80, 160])[label].reshape(-1, 1, 1, 1)
    real = base + RNG.integers(0, 40, (120, 4, 4, 1), "uint8")
    data = Data("thirds", {"real": real, "label": label}, ("a", "b", "c"))
    judge = scorer(Parts(data, data), n=40)
    labels = judge.test.data.arrays["label"]
    alike = judge.alike.data.arrays["real"]
    assert (alike.reshape(len(alike), -1).max(axis=1) // 80 == labels).all()
    reference = {row.tobytes() for row in judge.reference.data.arrays["real"]}
    assert {row.tobytes() for row in alike} <= reference


def test_blends_are_halfway_between_two_samples(on_digits):
    """Of the test part: blends of the reference would share its chance."""
    real = on_digits.test.data.arrays["real"].astype(float)
    others = real[np.random.default_rng(0).permutation(len(real))]
    halfway = np.floor((real + others) / 2).reshape(len(real), -1)
    features = on_digits.reference.features
    scale = on_digits.test.features.max() / real.max()  # of pixels
    expected = metrics.frechet_distance(features, (halfway * scale).astype("float32"))
    assert on_digits.blends == pytest.approx(expected, rel=1e-3)


def test_noise_makes_every_distance_worse_in_order(digits, on_digits):
    floor = on_digits.floor()
    rows = [
        on_digits.score(noisy(digits.take("test", N), level))
        for level in (60, 120, 250)
    ]
    for name in ("frechet_distance", "kernel_distance", "sliced_wasserstein"):
        values = [floor[name], *(row[name] for row in rows)]
        assert values == sorted(values), name
    for name in ("coverage", "precision"):
        assert min(floor[name], rows[0][name]) > rows[-1][name], name


def test_the_floor_is_real_test_data_as_samples(digits, on_digits):
    floor = on_digits.floor()
    test = Data("samples", {"real": digits.take("test", N).arrays["real"]})
    scored = on_digits.score(test)
    # But for the window of Parzen, in which test data would find themselves.
    assert floor.pop("parzen_log_likelihood") < scored.pop("parzen_log_likelihood")
    assert scored == floor
    assert floor["nearer"] == 0.5
    assert set(floor) | ON_IMAGES == set(on_digits.names())


def test_copies_of_the_training_set_show(digits, on_digits):
    copies = Data("samples", {"real": digits.train.arrays["real"][:N]})
    found = on_digits.score(copies, ["copies", "nearer"])
    assert found == {"copies": 1.0, "nearer": 1.0}


@pytest.mark.long
def test_labels_asked_for_are_checked_by_a_classifier_and_train_one(
    digits, monkeypatch
):
    monkeypatch.setattr("ganzoo.evaluation.classifier.STEPS", 150)
    judge = scorer(digits, "classifier", n=300)
    right = digits.take("test", judge.n)
    wrong = {**right.arrays, "label": (right.arrays["label"] + 1) % 10}
    names = sorted(ON_LABELS)
    good = judge.score(right, names)
    bad = judge.score(Data("samples", wrong, digits.train.class_names), names)
    assert min(good.values()) > 0.75
    assert max(bad.values()) < 0.2
    assert judge.floor(["label"], names)["gan_train_accuracy"] > 0.7


def test_mixtures_are_scored_by_their_modes():
    ring = load_parts("ring8")
    judge = scorer(ring)
    one = ring.train.mixture.centers[:1] + RNG.normal(0, 0.01, (N, 2))
    found = judge.score(Data("samples", {"real": one}), ["modes", "reverse_kl"])
    assert found["modes"] == 1
    np.testing.assert_allclose(found["reverse_kl"], np.log(8))
    assert judge.floor(only=["modes"]) == {"modes": 8}


def test_scores_are_the_same_each_time(digits, on_digits):
    samples = noisy(digits.take("test", N), 50)
    again = scorer(load_parts("digits"))
    assert on_digits.score(samples) == again.score(samples)


# --- protocols --------------------------------------------------------------------


def test_each_score_names_its_extractor_sizes_seeds_and_data(digits):
    judge = scorer(digits, "classifier")
    (score,) = measure(
        judge,
        judge.view(noisy(digits.take("test", N), 9)),
        only=["kernel_distance"],
        seed=3,
        step=7,
        checkpoint="last",
    )
    for part in (
        "kernel_distance(subsets=100, subset_size=60, seed=0)",
        f"extractor: classifier {judge.extractor.digest}",
        f"data: digits {digits.train.fingerprint} {digits.held_out.fingerprint}",
        "sixths 1 to 2 of the training split, seed 0",
        "n: 60",
        "seed 3, step 7",
    ):
        assert part in score.protocol
    assert "FID" not in score.protocol
    assert (score.step, score.better) == (7, "lower")


def test_what_changes_a_score_changes_its_conditions(digits, on_digits):
    others = [
        scorer(digits, n=N - 1),
        scorer(digits, "classifier"),
        scorer(digits, roles=SELECTION),
        scorer(Parts(digits.train)),
    ]
    own = on_digits.conditions("recall")
    assert all(other.conditions("recall") != own for other in others)
    assert scorer(digits).conditions("recall") == own
    # The extractor is no condition of a score that does not look through it.
    name = "parzen_log_likelihood"
    assert others[1].conditions(name) == on_digits.conditions(name)


def test_every_score_has_a_direction():
    assert set(metric_table.BETTER.values()) == {"lower", "higher", "floor"}
    assert metric_table.BETTER.keys() == (
        ALWAYS
        | ON_IMAGES
        | ON_CLASSES
        | ON_LABELS
        | ON_CAPTIONS
        | ON_MIXTURES
        | ON_PAIRS
        | EXTRA
        | PUBLISHED
        | {"fid_quarter", "fid_half", "fid_infinity", "monge_distance"}
        | {"ms_ssim", "mean_gradient", "cycle_l1", "read_back_l1"}
        | {
            "gan_train_recall",
            "valid",
            "unique",
            "novel",
            "js_1",
            "js_2",
            "js_3",
            "js_4",
        }
    )


# --- bad input --------------------------------------------------------------------


def test_samples_that_cannot_be_scored_are_refused(on_digits):
    with pytest.raises(ValueError, match=r"shape \(60, 8, 8, 1\).*\(60, 4, 4, 1\)"):
        on_digits.score(Data("samples", {"real": np.zeros((N, 4, 4, 1), "uint8")}))
    with pytest.raises(ValueError, match="[Cc]onstant|one value"):
        on_digits.score(Data("samples", {"real": np.zeros((N, 8, 8, 1), "uint8")}))
    with pytest.raises(ValueError, match="NaN"):
        Data("samples", {"real": np.full((N, 2), np.nan)})


def test_one_image_over_and_over_is_scored_and_bad(digits, on_digits):
    image = digits.take("test", 1).arrays["real"]
    repeated = Data("samples", {"real": np.repeat(image, N, axis=0)})
    found, floor = on_digits.score(repeated), on_digits.floor()
    assert found["recall"] == 0
    assert found["two_sample_accuracy"] > 0.9 > floor["two_sample_accuracy"]
    assert found["frechet_distance"] > floor["frechet_distance"]
    assert np.isfinite(list(found.values())).all()


@pytest.mark.parametrize("n", [0, 5])
def test_fewer_samples_than_neighbours_are_refused(digits, n):
    with pytest.raises(ValueError, match=f"at least 6 samples.*Received: {n}"):
        scorer(digits, n=n)


def test_a_jackknife_needs_a_sample_for_each_of_its_groups(digits):
    pixels = extractors.get("pixels", digits)
    with pytest.raises(ValueError, match="at least 10 samples.*Received: 9"):
        Scorer(digits, pixels, 9, thorough=True)
    least = Scorer(digits, pixels, 10, thorough=True)
    margins = least.margins(least.view(digits.take("test", 10)))
    assert np.isfinite([*margins.values()]).all()
    with pytest.raises(ValueError, match="`n` must be a whole number from 0"):
        Scorer(digits, pixels, 20.5)


def test_more_samples_than_there_are_real_ones_become_as_many(digits):
    assert scorer(digits, n=10_000).n == 360


def test_a_score_that_does_not_apply_is_refused(on_digits):
    with pytest.raises(ValueError, match="Did you mean 'recall'"):
        on_digits.floor(only=["recal"])
    with pytest.raises(ValueError, match="'modes' does not apply to 'digits'.*mixture"):
        on_digits.floor(only=["modes"])
    with pytest.raises(ValueError, match="'modes' does not apply"):
        on_digits.names(only=["modes"])


# --- what takes long, and the network of FID ----------------------------------------


def test_scores_that_take_long_come_by_name_or_when_thorough(digits):
    parts = {"parts": digits, "extractor": extractors.get("pixels", digits), "n": 200}
    short, thorough = Scorer(**parts), Scorer(**parts, thorough=True)
    assert set(thorough.names()) - set(short.names()) == EXTRA
    samples = noisy(digits.take("test", 200), 30)
    only = ["frechet_half", "frechet_distance", "authentic"]
    found = short.score(samples, only)
    assert list(found) == only
    assert found["frechet_half"] > found["frechet_distance"]
    assert 0 <= found["authentic"] <= 1


def test_a_score_has_a_margin_that_is_its_jackknife(digits):
    scorer = Scorer(digits, extractors.get("pixels", digits), 200, thorough=True)
    samples = noisy(digits.take("test", 200), 30)
    only = ["frechet_distance", "recall", "two_sample_accuracy"]
    view = scorer.view(samples)
    scores = measure(scorer, view, only=only, seed=0, step=1, checkpoint="last")
    margins = {score.metric: score.margin for score in scores}
    assert margins["two_sample_accuracy"] is None
    group = np.arange(200) % metrics.GROUPS
    real = digits.take("reference", 200).arrays["real"].reshape(200, -1) / 255
    fake = samples.arrays["real"].reshape(200, -1) / 255
    left = [
        metrics.frechet_distance(real, fake[group != g]) for g in range(metrics.GROUPS)
    ]
    expected = metrics.jackknife_margin(left)
    assert margins["frechet_distance"] == pytest.approx(expected, rel=1e-4)
    left = [
        metrics.precision_recall(real, fake[group != g])["recall"]
        for g in range(metrics.GROUPS)
    ]
    expected = metrics.jackknife_margin(left)
    assert margins["recall"] == pytest.approx(expected, rel=1e-4) and expected > 0


def test_nearest_training_samples_are_searched_once(digits, monkeypatch):
    """For all scores of memorisation and their margins, of samples and of real data."""
    scorer = Scorer(digits, extractors.get("pixels", digits), 100, thorough=True)
    searched, search = [], metrics.nearest_distances
    monkeypatch.setattr(
        metrics,
        "nearest_distances",
        lambda rows, columns: searched.append(len(rows)) or search(rows, columns),
    )
    samples = noisy(digits.take("test", 100), 30)
    only = ["nearer", "copies", "authentic"]
    view = scorer.view(samples)
    scores = measure(scorer, view, only=only, seed=0, step=1, checkpoint="last")
    assert searched == [100, 100]
    margins = {score.metric: score.margin for score in scores}
    group = np.arange(100) % metrics.GROUPS
    fake = scorer.view(samples)
    left = [
        metrics.memorisation(
            fake.features[group != g], scorer.test.features, scorer.training.features
        )["nearer"]
        for g in range(metrics.GROUPS)
    ]
    assert margins["nearer"] == pytest.approx(metrics.jackknife_margin(left))


def test_too_few_samples_are_said_and_refused_by_name(on_digits):
    with pytest.raises(ValueError, match="'frechet_half' needs 100 samples.*: 60"):
        on_digits.floor(only=["frechet_half"])
    assert on_digits.too_few() == {}


def network_of_fid(samples):
    rng = np.random.RandomState(0)
    flat = samples.reshape(len(samples), -1) / 255
    logits = flat @ rng.randn(flat.shape[1], 5)
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return {
        "features": (flat @ rng.randn(flat.shape[1], 12)).astype("float32"),
        "probabilities": odds / odds.sum(axis=1, keepdims=True),
    }


def test_only_the_network_of_fid_has_fid_kid_and_the_inception_score():
    parts = images_of(8)
    of_fid = extractors.Extractor("fid", "0", network_of_fid, stored=False, of_fid=True)
    small = Scorer(parts, of_fid, 100)
    assert not PUBLISHED & set(small.names())
    assert small.too_few() == {
        "fid": 2049,
        "kid": 1000,
        "inception_score": 1000,
        "mind": 5000,
    }
    assert not {"frechet_distance", "kernel_distance"} & set(small.names())
    with pytest.raises(ValueError, match="'fid' needs 2049 samples"):
        small.floor(only=["fid"])


def test_kid_and_inception_score_as_torch_fidelity_draws_them():
    images = RNG.integers(0, 256, (3300, 4, 4, 3), "uint8")
    data = Data("noise", {"real": images})
    of_fid = extractors.Extractor("fid", "0", network_of_fid, stored=False, of_fid=True)
    scorer = Scorer(Parts(data, data), of_fid, 1100)
    samples = Data("samples", {"real": images[:1100]})
    found = scorer.score(samples, ["kid", "inception_score"])
    out = network_of_fid(images[:1100])
    real = scorer.reference.features
    rng, values = np.random.RandomState(2020), []
    for _ in range(100):
        rows = [rng.choice(1100, 1000, replace=False) for _ in range(2)]
        values.append(
            metrics.kernel_distances(out["features"], real, *np.array(rows)[:, None])
        )
    assert found["kid"] == pytest.approx(np.mean(values), rel=1e-9)
    order = np.random.RandomState(2020).permutation(1100)
    shuffled = out["probabilities"][order]
    expected = metrics.classifier_score(shuffled, 10)[0]
    assert found["inception_score"] == pytest.approx(expected)


def vectors(n=240, seed=0, shift=0.0):
    """Labelled points of two classes that a line tells apart; the second is rare."""
    rng = np.random.default_rng(seed)
    label = (np.arange(n) % 4 == 0).astype("int32")
    points = rng.normal(size=(n, 3)) + 6 * label[:, None] + shift
    return Data(
        "points", {"real": points.astype("float32"), "label": label}, ("a", "b")
    )


def test_labelled_vectors_are_judged_by_a_forest():
    judge = scorer(Parts(vectors(), vectors(seed=1)), n=60)
    names = ["gan_train_accuracy", "gan_train_recall", "gan_test_accuracy"]
    assert {*names} <= {*judge.names(["label"])}
    assert not {*names} & {*judge.names()}
    good = judge.score(vectors(60, seed=2), names)
    assert min(good.values()) > 0.95
    assert min(judge.floor(["label"], names).values()) > 0.95
    wrong = vectors(60, seed=2)
    swapped = {**wrong.arrays, "label": 1 - wrong.arrays["label"]}
    bad = judge.score(Data("points", swapped, ("a", "b")), names)
    assert max(bad.values()) < 0.05
    assert judge.score(vectors(60, seed=2), names) == good
    conditions = judge.conditions("gan_train_recall")
    assert conditions["extractor"] == "forest, recipe 1"
    assert judge.conditions("gan_test_accuracy")["extractor"].startswith("forest ")


def test_the_least_recall_shows_a_class_that_accuracy_hides():
    judge = scorer(Parts(vectors(), vectors(seed=1)), n=60)
    samples = vectors(60, seed=2)
    arrays = {**samples.arrays, "label": np.zeros(60, "int32")}  # the rare one is lost
    lost = Data("points", arrays, ("a", "b"))
    found = judge.score(lost, ["gan_train_accuracy", "gan_train_recall"])
    share = np.mean(judge.test.data.arrays["label"] == 0)
    assert found == {"gan_train_accuracy": share, "gan_train_recall": 0.0}


def test_a_score_that_cannot_judge_is_left_out_unless_it_was_asked_for(digits):
    def refused(*sets):
        raise metrics.NoCell("None of 5 cells has 20 of the 200 samples.")

    held = Parts(digits.train, digits.take("test", 300))
    thorough = Scorer(held, extractors.get("pixels", held), 200, thorough=True)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(metrics, "data_copying", refused)
        view = thorough.view(noisy(digits.take("test", 200), 30))
        values = thorough.values(view)
        assert "data_copying" not in values and values["authentic"] > 0
        assert view.left_out == {
            "data_copying": "None of 5 cells has 20 of the 200 samples."
        }
        with pytest.raises(metrics.NoCell):
            thorough.values(view, ["data_copying"])


@pytest.mark.parametrize("scale,words", [(255.0, "outside"), (1.0, r"lie in \[0, 1\]")])
def test_data_of_another_scale_are_refused_in_either_split(scale, words):
    model = tiny("vanilla")
    rng = np.random.default_rng(0)
    right = rng.uniform(-1, 1, (60, 8, 8, 1)).astype("float32")
    wrong = (rng.uniform(0, 1, right.shape) * scale).astype("float32")
    sets = [Data("mine", {"real": real}) for real in (right, wrong)]
    as_samples(model, Parts(sets[0], sets[0]))
    with pytest.raises(ValueError, match=f"In the test split of 'mine': .*{words}"):
        as_samples(model, Parts(*sets))
    with pytest.raises(ValueError, match=f"In the training split of 'mine': .*{words}"):
        as_samples(model, Parts(*sets[::-1]))
