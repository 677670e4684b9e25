"""Two virtual CPUs for every test, and what several test files share."""

import copy
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
import tensorflow as tf
from real_sets import SHARED, shared

from ganzoo import distribute
from ganzoo.utils import precision

_CPU = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(
    _CPU, [tf.config.LogicalDeviceConfiguration()] * 2
)


@pytest.fixture(scope="session")
def mirrored():
    """Two replicas on the two virtual CPUs."""
    return distribute.get_strategy("mirrored", 2)


@pytest.fixture
def float64():
    """Builds in float64 within the test."""
    with precision.policy("float64"):
        yield


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory):
    """Caches of tests are not the user's, and last for this session alone."""
    os.environ["GANZOO_CACHE"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(autouse=True)
def quick_classifier(request, monkeypatch):
    """The networks of scores are trained in seconds, except in the long experiments."""
    if not request.node.get_closest_marker("slow"):
        monkeypatch.setattr("ganzoo.evaluation.classifier.STEPS", 200)
        monkeypatch.setattr("ganzoo.evaluation.source_reader.STEPS", 50)


@pytest.fixture(autouse=True)
def seeded(request, monkeypatch):
    """Each test draws the same numbers, in whatever order the tests run."""
    keras.utils.set_random_seed(7)
    if "RNG" in vars(request.module):
        monkeypatch.setattr(request.module, "RNG", copy.deepcopy(request.module.RNG))


@pytest.fixture
def images():
    """24 grey 8x8 images, uint8, and their labels in 0..9."""
    rng = np.random.default_rng(0)
    return (
        rng.integers(0, 256, (24, 8, 8, 1), dtype="uint8"),
        rng.integers(0, 10, 24).astype("int32"),
    )


@pytest.fixture(scope="session")
def mnist_dir():
    """The folder of prepared TFDS sets."""
    return shared("tfds/mnist").parent


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Turns a skip into a failure on a machine that has the real data."""
    report = yield
    elsewhere = any(map(item.get_closest_marker, ("gpu", "slurm", "ray")))
    if report.skipped and SHARED.is_dir() and not elsewhere:
        report.outcome = "failed"
        report.longrepr = f"skipped although {SHARED} is there: {report.longrepr}"
    return report
