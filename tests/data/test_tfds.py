import http.server
import socket
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import tensorflow_datasets as tfds
from prepared_sets import prepare

from ganzoo.data import load_data
from ganzoo.data import tfds as source
from ganzoo.utils.files import locked

PREPARED = Path(__file__).parents[2].parent / "shared/data/tfds"
needs_data = pytest.mark.skipif(
    not PREPARED.is_dir(), reason="needs prepared sets in ../shared/data/tfds"
)


def test_reads_images_labels_and_class_names(tmp_path):
    prepare(tmp_path)
    data = load_data("tiny", data_dir=tmp_path)
    assert data.arrays["real"].shape == (6, 4, 4, 1)
    assert data.arrays["real"].dtype == np.uint8
    assert data.arrays["real"][:, 0, 0, 0].tolist() == [0, 1, 2, 3, 4, 5]
    assert data.arrays["label"].tolist() == [0, 1, 0, 1, 0, 1]
    assert data.arrays["label"].dtype == np.int32
    assert data.class_names == ("even", "odd")


def test_splits_and_slices(tmp_path):
    prepare(tmp_path)
    assert len(load_data("tiny", data_dir=tmp_path, split="test")) == 2
    assert len(load_data("tiny", data_dir=tmp_path, split="all")) == 8
    assert len(load_data("tiny", data_dir=tmp_path, split="train[:3]")) == 3
    with pytest.raises(ValueError, match="train, test, all.*'validation'"):
        load_data("tiny", data_dir=tmp_path, split="validation")
    with pytest.raises(ValueError, match="Empty split"):
        load_data("tiny", data_dir=tmp_path, split="train[:0]")


def test_the_environment_names_the_directory_after_import_too(tmp_path, monkeypatch):
    prepare(tmp_path)
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    assert len(load_data("tiny")) == 6


def test_unlabelled_and_reshaped(tmp_path):
    prepare(tmp_path, labelled=False)
    data = load_data("tiny", data_dir=tmp_path, image_size=2, channels=3)
    assert data.arrays["real"].shape == (6, 2, 2, 3)
    assert data.arrays["real"][5].tolist() == [[[5] * 3] * 2] * 2
    assert data.num_classes == 0


def test_images_of_different_sizes_need_image_size(tmp_path):
    prepare(tmp_path, shape=(None, None, 3), size=lambda i: 4 + i)
    with pytest.raises(ValueError, match="differ in size; give image_size"):
        load_data("tiny", data_dir=tmp_path)
    data = load_data("tiny", data_dir=tmp_path, image_size=4)
    assert data.arrays["real"][:, 0, 0, 0].tolist() == [0, 1, 2, 3, 4, 5]


def test_a_large_set_is_memory_mapped(tmp_path):
    prepare(tmp_path / "sets")
    options = {"data_dir": tmp_path / "sets", "cache_dir": tmp_path / "cache"}
    data = load_data("tiny", memory_limit=95, **options)
    assert isinstance(data.arrays["real"], np.memmap)
    assert data.fingerprint == load_data("tiny", **options).fingerprint
    assert len(load_data("tiny", memory_limit=0, split="test", **options)) == 2


def test_half_a_memory_map_is_removed_and_a_live_one_is_not(tmp_path):
    """Files that a killed process left; another process still writes the third."""
    prepare(tmp_path / "sets")
    cache = tmp_path / "cache"
    cache.mkdir()
    for name in (".dead.17304.npy", ".dead.labels.17304.npy"):
        (cache / name).write_bytes(b"half")
    with locked(cache / "live.npy"):
        (cache / ".live.17305.npy").write_bytes(b"half")
        load_data("tiny", memory_limit=0, data_dir=tmp_path / "sets", cache_dir=cache)
    assert [path.name for path in cache.glob(".*")] == [".live.17305.npy"]
    with locked(cache / "live.npy"):
        assert not list(cache.glob(".*"))


def test_a_set_without_images_is_refused(tmp_path):
    tfds.dataset_builders.store_as_tfds_dataset(
        name="words",
        version="1.0.0",
        features=tfds.features.FeaturesDict({"text": tfds.features.Text()}),
        split_datasets={"train": [("0", {"text": "a"})]},
        data_dir=tmp_path,
    )
    with pytest.raises(ValueError, match="no image set.*Received features: text"):
        load_data("words", data_dir=tmp_path)


@pytest.mark.parametrize(
    ("name", "near"),
    [("mnits", "mnist"), ("MNIST", "mnist"), ("digit", "digits"), ("tinny", "tiny")],
)
def test_an_unknown_name_gives_the_nearest(tmp_path, name, near):
    prepare(tmp_path)
    with pytest.raises(ValueError, match=f"Did you mean '{near}'.*Received: '{name}'"):
        load_data(name, data_dir=tmp_path)


@pytest.mark.parametrize("name", ["../mnist", "no/such.npz", "huggingface:mnist", ""])
def test_paths_that_do_not_exist_are_unknown_names(tmp_path, name):
    with pytest.raises(ValueError, match="Unknown data set"):
        load_data(name, data_dir=tmp_path)


def test_an_unprepared_set_that_cannot_be_downloaded_fails_at_once(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(source, "answers", lambda url: False)
    with pytest.raises(ValueError, match="not prepared.*tfds build cifar10"):
        load_data("cifar10", data_dir=tmp_path)


@pytest.fixture
def direct(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")


def test_a_host_that_refuses_does_not_answer(direct):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        assert not source.answers(f"http://127.0.0.1:{unused.getsockname()[1]}/x")


def test_a_silent_host_is_given_up_in_time(direct, monkeypatch):
    monkeypatch.setattr(source, "NETWORK_TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        start = time.monotonic()
        assert not source.answers(f"http://127.0.0.1:{silent.getsockname()[1]}/x")
        assert time.monotonic() - start < 2


def test_any_http_status_is_an_answer(direct):
    handler = http.server.BaseHTTPRequestHandler  # answers 501 to everything
    quiet = type("Quiet", (handler,), {"log_message": lambda *_: None})
    with http.server.HTTPServer(("127.0.0.1", 0), quiet) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        assert source.answers(f"http://127.0.0.1:{server.server_port}/x")
        thread.join()


@needs_data
def test_mnist_is_the_original():
    data = load_data("mnist", data_dir=PREPARED, split="test")
    assert data.arrays["real"].shape == (10_000, 28, 28, 1)
    # Published counts of the test labels, digit 0 to 9.
    counts = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert np.bincount(data.arrays["label"]).tolist() == counts


@needs_data
def test_a_set_without_code_is_known_by_its_directory():
    data = load_data("cifar10_jpeg", data_dir=PREPARED, split="test[:100]")
    assert data.arrays["real"].shape == (100, 32, 32, 3)
    assert data.class_names[0] == "airplane"
