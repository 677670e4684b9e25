"""README is short, its commands and its Python run, and its tables are the results'."""

import re
import runpy
import shlex
from pathlib import Path

import numpy as np
import pytest
import setuptools
import tables

import ganzoo
from ganzoo.cli import main as command
from ganzoo.comparison import compare, run_process
from ganzoo.plots import pictures
from ganzoo.variants import _registry

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
SHELL = [text for kind, text in BLOCKS if kind == "bash"]
STRIP = re.findall(r"<br>`(ganzoo [^`]+)`", README)


@pytest.mark.parametrize("page", tables.PAGES)
def test_tables_are_generated_from_the_results(page):
    text = (ROOT / page).read_text("utf-8")
    assert tables.updated(page) == text, "run: python experiments/tables.py"


def test_the_headlines_of_describe_are_generated_from_the_results():
    text = tables.HEADLINES.read_text("utf-8")
    assert tables.headlines() == text, "run: python experiments/tables.py"


def test_is_short():
    assert len(README.encode()) <= 10 * 1024
    assert len(README.splitlines()) < 200


# --- the package page -------------------------------------------------------------


def test_links_and_images_are_absolute_on_the_package_page(monkeypatch):
    packed = {}
    monkeypatch.setattr(setuptools, "setup", lambda **settings: packed.update(settings))
    runpy.run_path(str(ROOT / "setup.py"))
    page, url = packed["long_description"], packed["url"]
    links = re.findall(r'\]\(([^)]+)\)|src="([^"]+)"', page)
    assert len(links) == len(re.findall(r'\]\(|src="', README)) > 40
    assert not [link for link, image in links if not (link + image).startswith("https")]
    assert f"]({url}/blob/main/docs/results.md)" in page
    raw = url.replace("github.com", "raw.githubusercontent.com")
    assert f'src="{raw}/main/docs/faces.png"' in page


def test_every_file_that_is_linked_exists():
    links = re.findall(r'(?:\]\(|src=")(?!https:)([^)"]+)', README)
    assert not [link for link in links if not (ROOT / link).exists()]


# --- commands and code ------------------------------------------------------------

SHORT = "--steps=2 --log_every=2 --sample_every=2 --checkpoint_every=2"
TINY = "--batch_size=4 --set=filters=2 --set=units=4"
FEW = "--steps=2 --batch_size=4 --seeds=1 --extractor=pixels --only=recall"
# What is added to each command of README for a test. CI runs the others.
AT_TINY_SIZE = {
    # After two steps all samples would be one grey.
    "ganzoo train dcgan --evaluate_every=2000": "--steps=40 --batch_size=16 "
    "--set=filters=4 --set=ema_decay=0.0 --log_every=40 --sample_every=40 "
    "--checkpoint_every=40 --evaluate_every=40 --extractor=pixels "
    "--evaluation_samples=8",
    "ganzoo evaluate runs/dcgan_digits": "--extractor=pixels --n=8",
    "ganzoo train --config=vanilla_ring8": f"{SHORT} --set=g_hidden=[4]",
    "ganzoo train dcgan --dataset=./photos --image_size=64": f"{SHORT} {TINY}",
    "ganzoo train --config=dcgan_faces": f"{SHORT} {TINY}",
    "ganzoo train --config=pix2pix_flood --dataset=./photos": f"{SHORT} "
    "--batch_size=2 --image_size=32 --set=filters=2 --set=d_filters=2",
    "ganzoo train --config=text2image_faces": f"{SHORT} --batch_size=4 --set=filters=4",
    "ganzoo train --config=molgan_qm9": f"{SHORT} --batch_size=4",
    "ganzoo train --config=pix2pix_maps": f"{SHORT} --batch_size=2 --image_size=32 "
    "--set=filters=2 --set=d_filters=2",
    "ganzoo compare dcgan --grid loss=hinge,least_squares --seeds=3": FEW,
    "ganzoo compare vanilla lsgan dcgan --seeds=3": FEW,
    "ganzoo compare my-lsgan dcgan --plugin=my_lsgan.py --seconds=60": "--seconds=0.1 "
    "--batch_size=4 --seeds=1 --extractor=pixels --only=recall",
}
BY_CI = {"python -m venv v && . v/bin/activate && pip install -e ."}


class AtOnce:
    """The processes of a comparison, within this one."""

    def __init__(self, count, plugins=()):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        pass

    def run(self, tasks, watch=None):
        for task in tasks:
            run_process.run(task.experiment, task.path, task.only)
            yield task, ""


@pytest.fixture
def own_registry(monkeypatch):
    """Forgets afterwards what is registered."""
    _registry.discover()
    monkeypatch.setattr(_registry, "_variants", dict(_registry._variants))


@pytest.fixture
def place(tmp_path, monkeypatch, own_registry):
    """An empty directory with the files that README speaks of."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(compare, "Workers", AtOnce)
    (tmp_path / "photos").mkdir()
    for i, image in enumerate(
        np.random.default_rng(0).integers(0, 256, (8, 80, 64, 3))
    ):
        pictures.save_png(image.astype("uint8"), tmp_path / "photos" / f"{i}.png")
    (tmp_path / "my_lsgan.py").write_text(python("my-lsgan"))
    return tmp_path


def python(word):
    """The block of Python with that word."""
    [text] = [text for kind, text in BLOCKS if kind == "python" and word in text]
    return text


def ganzoo_lines(text):
    return [line for line in text.splitlines() if line not in BY_CI]


def blocks():
    """Blocks of commands, each once; comparisons train many models."""
    for text in dict.fromkeys(text.strip() for text in (*SHELL, *STRIP)):
        slow = [pytest.mark.slow] if " compare " in text else []
        if ganzoo_lines(text):
            yield pytest.param(text, marks=slow)


@pytest.mark.long
@pytest.mark.parametrize("block", [*blocks()])
def test_commands_run(block, place):
    for line in ganzoo_lines(block):
        small = f"{line} {AT_TINY_SIZE[line]}"
        command.run(command.parse(shlex.split(small)))


def test_every_reduction_is_of_a_command():
    lines = [line for text in (*SHELL, *STRIP) for line in ganzoo_lines(text)]
    assert AT_TINY_SIZE.keys() <= set(lines)


def test_six_lines(place):
    text = python('"faces"')
    lines = [line for line in text.splitlines() if line]
    assert len(lines) == 6
    for full, small in (
        ("epochs=7", "epochs=1, steps_per_epoch=2"),
        ("seed=0)  # a", "filters=2)  # a"),
    ):
        before, after = text.split(full)
        text = before + small + after
    names = {}
    exec(text, names)
    assert names["images"].shape == (64, 32, 32, 3)
    assert names["model"].step == 2


def test_ten_lines(own_registry):
    exec(python("my-lsgan"), {"__name__": "ganzoo_plugin_my_lsgan"})
    model = ganzoo.build("my-lsgan", image_shape=(8, 8, 1), filters=2)
    assert model.loss == "least_squares"
