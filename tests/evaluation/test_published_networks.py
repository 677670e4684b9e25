"""Parity with pytorch-fid, clean-fid, torch-fidelity and efficientnet-lite-pytorch.

`experiments/record_published_networks.py` recorded what they make of random weights,
which `random_networks` draws again here.
"""

import hashlib
import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch_files
from random_networks import images, photographs, pixelated, weights

from ganzoo import metrics
from ganzoo.data.dataset import Data
from ganzoo.data.splits import Parts
from ganzoo.evaluation import extractors, perceptual, published_networks
from ganzoo.networks import content

RECORDED = Path(__file__).with_name("published_networks")
FACTS = json.loads(RECORDED.with_suffix(".json").read_text())
FEW = 6  # features of the recorded FID
EVERY = 13  # pixels between those that were recorded


@pytest.fixture(scope="module")
def recorded():
    with np.load(RECORDED.with_suffix(".npz")) as arrays:
        return dict(arrays)


@pytest.fixture(scope="module")
def network():
    return published_networks.fid_network(weights(FACTS["fid_shapes"]))


def _features(network, name, batch):
    return network(extractors.OF_FID[name](batch))["features"].numpy()


def _error(ours, theirs):
    return np.abs(ours - theirs).max() / np.abs(theirs).max()


def _parts(channels=3):
    real = images(20)[..., :channels]
    return Parts(Data("blocks", {"real": real}), Data("blocks", {"real": real}))


# --- parity -----------------------------------------------------------------------


def test_features_and_fid_as_pytorch_fid(network, recorded):
    real, fake = (_features(network, "fid", images(8, seed=i)) for i in (1, 2))
    assert real.shape == (8, 2048)
    assert _error(real[:4], recorded["fid"]) < 1e-4
    distance = metrics.frechet_distance(real[:, :FEW], fake[:, :FEW])
    assert distance == pytest.approx(FACTS["fid"], rel=1e-3)


def test_features_as_clean_fid(network, recorded):
    features = _features(network, "clean_fid", images(8, seed=1)[:2])
    assert _error(features, recorded["clean_fid"]) < 1e-4
    assert _error(features, recorded["fid"][:2]) > 1e-2  # the resizing matters


def test_probabilities_as_torch_fidelity(network, recorded):
    scaled = (images(1, 299).astype("float32") - 128) / 128
    found = network(scaled)["probabilities"].numpy()
    assert found.shape == (1, 1008)
    np.testing.assert_allclose(found, recorded["probabilities"], rtol=1e-3, atol=1e-8)


@pytest.mark.parametrize("side", ["small", "large"])
@pytest.mark.parametrize("name", ["bilinear", "clean"])
def test_resizing_value_by_value(name, side, recorded):
    image = images(1, {"small": 32, "large": 400}[side])
    resized = getattr(published_networks, name)(image, 299)
    assert resized.shape == (1, 299, 299, 3)
    theirs = recorded[f"{name}_{side}"]
    np.testing.assert_allclose(resized[0, ::EVERY, ::EVERY], theirs, atol=1e-3)


def test_efficientnet_lite0_as_in_torch(recorded):
    network = published_networks.lite0_network(weights(FACTS["lite0_shapes"]))
    out = network(images(2, 224).astype("float32") / 127.5 - 1)
    assert out["features"].shape == (2, 1280)
    assert _error(out["features"].numpy(), recorded["lite0"]) < 1e-4
    found = out["probabilities"].numpy()
    np.testing.assert_allclose(found, recorded["lite0_probabilities"], rtol=1e-3)


def test_efficientnet_lite0_with_its_own_weights(recorded):
    pytest.importorskip(published_networks.LITE0_PACKAGE)
    extractor = extractors.get("efficientnet_lite0", _parts())
    out = extractor.run(photographs())
    assert extractor.label == "efficientnet_lite0 579344248a93"
    assert _error(out["features"], recorded["lite0_photographs"]) < 1e-4
    classes, chances = FACTS["photographs"]
    assert out["probabilities"].argmax(axis=1).tolist() == classes
    np.testing.assert_allclose(out["probabilities"].max(axis=1), chances, rtol=1e-3)


@pytest.mark.skipif(
    find_spec(content.EDGES_PACKAGE) is None, reason="needs the extra vgg16"
)
def test_edges_as_torchvision_and_distances_as_torch_fidelity(recorded):
    """With the true weights: nearer to the pixelated image than to another one."""
    real, kinds = photographs()[:, :48, :48], {}
    ends = content.edges_network()(real.astype("float32"))
    found = np.concatenate([x.numpy().mean(axis=(1, 2)) for x in ends], axis=1)
    assert found.shape == (2, 64 + 128 + 256 + 512 + 512)
    assert _error(found, recorded["edges"]) < 1e-4
    for kind, others in {"worse": pixelated(real), "other": real[::-1]}.items():
        kinds[kind] = [
            perceptual.distance(real[i : i + 1], others[i : i + 1]) for i in range(2)
        ]
        assert kinds[kind] == pytest.approx(FACTS["edges"][kind], rel=1e-4)
    assert perceptual.distance(real[:1], real[:1]) == 0
    assert 0 < max(kinds["worse"]) < min(kinds["other"])


# --- which file counts --------------------------------------------------------------


@pytest.fixture
def file(tmp_path, monkeypatch):
    """A small file in the place of the network of FID, with its own hash."""
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path))
    path = torch_files.zipped(tmp_path / "any name.pth", {"w": torch_files.tensor()})
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setattr(published_networks, "FID_SHA256", digest)
    return path


def test_a_file_is_found_by_its_hash_whatever_its_name(file, tmp_path):
    torch_files.zipped(tmp_path / "another.pth", {"v": torch_files.tensor()})
    assert list(published_networks.fid_weights()) == ["w"]
    assert list(published_networks.fid_weights(str(file))) == ["w"]


def test_no_file_says_where_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path))
    with pytest.raises(ValueError, match=r"is in .*\*.pth. With.*Download pt_ince"):
        extractors.get("fid", _parts())
    with pytest.raises(
        ValueError, match="is at /none.pth.*efficientnet_lite0.*no file"
    ):
        extractors.get("clean_fid:/none.pth", _parts())


@pytest.mark.parametrize("change", ["one bit", "cut off"])
def test_a_file_of_another_hash_is_refused_unread(change, file, monkeypatch):
    data = bytearray(file.read_bytes())
    data[200] ^= 1
    file.write_bytes(data if change == "one bit" else data[:-1])
    monkeypatch.setattr(published_networks, "parse_tensors", None)
    with pytest.raises(ValueError, match="would not be FID.*its SHA-256 is"):
        extractors.get(f"fid:{file}", _parts())


def test_grey_images_and_other_uses_of_a_file_are_refused(file):
    for name in ("fid", "clean_fid", "efficientnet_lite0"):
        with pytest.raises(ValueError, match="three channels.*Use 'classifier'"):
            extractors.get(name, _parts(channels=1))
    with pytest.raises(ValueError, match="'fid:PATH'"):
        extractors.get(str(file), _parts())
    with pytest.raises(ValueError, match="Unknown extractor|extractor"):
        extractors.get("pixels:/x", _parts())


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(published_networks, "LITE0_PACKAGE", "no_such_package")
    with pytest.raises(ValueError, match=r"pip install 'ganzoo-keras\[efficientnet\]'"):
        extractors.get("efficientnet_lite0", _parts())
