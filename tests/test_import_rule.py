"""The import rule: a folder imports only from those that stand after it."""

import ast
from pathlib import Path

import pytest

import ganzoo

ROOT = Path(ganzoo.__file__).parent
RULE = """cli > comparison > training > evaluation > runs > variants > models > networks
> losses, penalties, augment, layers > distribute, data > plots
> metrics, utils"""
FLOORS = [floor.strip().split(", ") for floor in RULE.split(">")]
FLOOR = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}
FILES = sorted(path.relative_to(ROOT) for path in ROOT.glob("*/**/*.py"))
TOP = sorted(path.relative_to(ROOT) for path in ROOT.glob("*.py") if path.stem in FLOOR)


def imported(tree):
    """The rooms that the import statements of a file name."""
    rooms = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"a relative import in line {node.lineno}"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        rooms |= {name.split(".")[1] for name in names if name.startswith("ganzoo.")}
    return rooms


@pytest.mark.parametrize("path", [*FILES, *TOP], ids=str)
def test_a_folder_imports_only_from_those_after_it(path):
    room = path.with_suffix("").parts[0]
    for other in imported(ast.parse((ROOT / path).read_text())) - {room}:
        assert FLOOR[other] > FLOOR[room], f"{path} imports {other}"


def test_every_room_has_a_floor():
    rooms = {path.stem for path in ROOT.iterdir() if path.suffix in ("", ".py")}
    assert {room for room in rooms if not room.startswith("__")} == FLOOR.keys()
    assert len(list(ROOT.iterdir())) <= 20 + (ROOT / "__pycache__").exists()


@pytest.mark.parametrize("path", sorted(ROOT.glob("metrics/*.py")), ids=str)
def test_metrics_import_no_other_room(path):
    assert imported(ast.parse(path.read_text())) <= {"metrics"}


@pytest.mark.parametrize("path", sorted(ROOT.glob("variants/[!_]*.py")), ids=str)
def test_variants_open_no_file_and_never_import_each_other(path):
    tree = ast.parse(path.read_text())
    nodes = list(ast.walk(tree))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    assert not (names | attributes) & {"open", "Path", "load", "memmap", "gfile"}
    froms = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    modules = {node.module for node in froms}
    modules |= {a.name for n in nodes if isinstance(n, ast.Import) for a in n.names}
    assert not modules & {"io", "os", "pathlib", "shutil", "tempfile"}
    ours = {name for name in modules if name.startswith("ganzoo.variants")}
    assert ours <= {"ganzoo.variants._registry"}


def test_the_longest_chain_of_rooms_has_11():
    arrows = {room: set() for room in FLOOR}
    for path in [*FILES, *TOP]:
        room = path.with_suffix("").parts[0]
        arrows[room] |= imported(ast.parse((ROOT / path).read_text())) - {room}
    length = {}
    for room in reversed(FLOOR):  # from the lowest floor up
        length[room] = 1 + max((length[other] for other in arrows[room]), default=0)
    assert max(length.values()) == 11


def test_the_reader_of_imports_sees_every_form():
    code = """
import ganzoo.plots
from ganzoo import losses
from ganzoo.data.npz import load_npz
def later():
    from ganzoo.models.gan import GAN
import numpy
"""
    assert imported(ast.parse(code)) == {"plots", "losses", "data", "models"}
