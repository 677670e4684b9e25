"""Who may import whom, read from the code; imports inside functions count too."""

import ast
from pathlib import Path

import pytest

import ganzoo

ROOT = Path(ganzoo.__file__).parent
INNER = {
    "adversarial",
    "cycle_model",
    "trainer",
    "distribute",
    "gan",
    "inpainting_model",
    "judged_model",
    "latent_model",
    "layers",
    "losses",
    "next_frame_model",
    "optimizers",
    "penalties",
    "specs",
    "super_resolution",
    "text_model",
    "translation_model",
}
# What each part may import of ours; a package stands for all its modules, which may
# import each other unless it is APART. A new module must find its place here.
RULE = {
    "specs": set(),
    "safety": set(),
    "checkpoint": {"safety"},
    "cluster": set(),
    "latent": set(),
    "tokenizer": {"safety"},
    "caption_plots": set(),
    "plots": {"caption_plots", "safety", "voxel_plots"},
    "voxel_plots": set(),
    "sample_files": {"plots"},
    "data": {"safety", "tokenizer"},
    "metrics": set(),
    "protocol": set(),
    "precision": {"specs"},
    "distribute": {"specs"},
    "augment": {"distribute", "specs"},
    "layers": {"distribute", "specs"},
    "optimizers": {"specs"},
    "losses": {"distribute", "specs"},
    "penalties": {"distribute", "specs"},
    "registry": {"precision", "safety", "specs", "gan"},  # gan: see LAZY
    "networks": {"layers", "penalties", "specs", "tokenizer"},
    "adversarial": {"trainer", "data", "distribute", "log_mean"},
    "log_mean": set(),
    "players": {"distribute"},
    "trainer": {"data", "distribute", "log_mean", "players", "precision"},
    "latent_model": {
        "adversarial",
        "data",
        "distribute",
        "latent",
        "layers",
        "specs",
    },
    "text_model": {"adversarial", "latent_model", "tokenizer"},
    "inpainting_model": {"distribute", "translation_model"},
    "next_frame_model": {"adversarial", "translation_model"},
    "super_resolution": {"translation_model"},
    "transfer": set(),
    "judged_model": {
        "adversarial",
        "augment",
        "distribute",
        "layers",
        "losses",
        "penalties",
    },
    "gan": {"judged_model", "latent_model", "optimizers", "penalties", "specs"},
    "translation_model": {
        "adversarial",
        "data",
        "distribute",
        "image_arrays",
        "judged_model",
        "latent_model",
        "layers",
        "specs",
    },
    "cycle_model": {
        "adversarial",
        "distribute",
        "judged_model",
        "layers",
        "translation_model",
    },
    "translating": {"data", "translation_model"},
    "variants": INNER | {"networks", "registry"},
    "run_directory": {"checkpoint", "safety"},
    "cache": {"checkpoint", "data"},
    "fitting": {"cache", "data"},
    "classifier": {"data", "fitting"},
    "reader": {"data", "fitting"},
    "extractors": {"cache", "classifier", "data", "safety", "specs"},
    "scores": {"classifier", "extractors", "metrics", "reader"},
    "scorer": {"classifier", "data", "extractors", "reader", "scores", "specs"},
    "measuring": {"data", "extractors", "protocol", "scorer", "scores"},
    "selection": {
        "callbacks",
        "checkpoint",
        "measuring",
        "protocol",
        "run_directory",
        "scorer",
        "specs",
    },
    "baselines": {"data", "scorer"},
    "evaluation": {
        "baselines",
        "checkpoint",
        "classifier",
        "data",
        "experiment",
        "latent_model",
        "measuring",
        "protocol",
        "run_directory",
        "safety",
        "scorer",
        "scores",
        "training",
        "translation_model",
    },
    "callbacks": {"checkpoint", "plots", "safety"},
    "experiment": {"registry", "safety", "specs"},
    "exporting": {"layers", "specs"},
    "image_arrays": set(),
    "launch": set(),
    "training": {
        "adversarial",
        "callbacks",
        "checkpoint",
        "cluster",
        "data",
        "distribute",
        "experiment",
        "measuring",
        "pretrained",
        "registry",
        "run_directory",
        "safety",
        "scorer",
        "selection",
        "specs",
        "transfer",
    },
    "cells": {"experiment", "registry", "specs"},
    "ranking": {"protocol"},
    "comparison": {"cells", "protocol", "ranking"},
    "charts": {"plots"},
    "templates": set(),
    "report": {
        "cells",
        "charts",
        "checkpoint",
        "comparison",
        "experiment",
        "plots",
        "ranking",
        "safety",
        "scores",
        "templates",
    },
    "worker": {
        "benchmark",
        "checkpoint",
        "data",
        "evaluation",
        "experiment",
        "metrics",
        "plots",
        "safety",
        "training",
    },
    "comparing": {
        "cells",
        "checkpoint",
        "comparison",
        "evaluation",
        "experiment",
        "report",
        "run_directory",
        "safety",
        "scores",
        "specs",
        "worker",
    },
    "pretrained": {"registry", "safety", "specs"},
    "benchmark": {"data", "gan", "layers", "precision", "registry", "specs"},
    "__main__": {
        "benchmark",
        "cells",
        "comparing",
        "evaluation",
        "experiment",
        "exporting",
        "launch",
        "pretrained",
        "registry",
        "run_directory",
        "sample_files",
        "specs",
        "training",
        "translating",
    },
    "__init__": {
        "adversarial",
        "comparing",
        "evaluation",
        "experiment",
        "exporting",
        "gan",
        "registry",
        "training",
    },
}
# Imported inside functions or for type checkers alone, so that TensorFlow waits.
LAZY = {
    "registry": {"gan"},
    "__main__": {
        "benchmark",
        "comparing",
        "evaluation",
        "exporting",
        "launch",
        "pretrained",
        "sample_files",
        "specs",
        "training",
    },
    "__init__": {
        "adversarial",
        "comparing",
        "evaluation",
        "experiment",
        "exporting",
        "gan",
        "training",
    },
}
APART = ("variants",)

FILES = sorted(ROOT.rglob("*.py"))


def _module(path):
    """ganzoo/data/npz.py -> data.npz; ganzoo/data/__init__.py -> data."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and parts[1:] else parts)


MODULES = {_module(path) for path in FILES}


def _part(module):
    return module.split(".")[0]


def _imported(node):
    """The modules of ours that one import statement names."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        assert not node.level, f"a relative import in line {node.lineno}"
        full = [f"{node.module}.{alias.name}" for alias in node.names]
        # `from ganzoo import x` names the module x, `from ganzoo.x import f` x too.
        known = [name.removeprefix("ganzoo.") in MODULES for name in full]
        names = [f if k else node.module for f, k in zip(full, known, strict=True)]
    else:
        return set()
    ours = [name for name in names if name.split(".")[0] == "ganzoo"]
    return {name.partition(".")[2] or "__init__" for name in ours}


def _imports(nodes):
    return set().union(*(_imported(n) for node in nodes for n in ast.walk(node)))


@pytest.mark.parametrize("path", FILES, ids=_module)
def test_imports_only_what_the_rule_allows(path):
    module = _module(path)
    part = _part(module)
    assert part in RULE, f"{module} has no place in the rule"
    tree = ast.parse(path.read_text())
    imported = _imports([tree])
    own = {name for name in imported if _part(name) == part and name != module}
    assert not own or part not in APART
    others = {_part(name) for name in imported} - {part}
    assert others <= RULE[part]
    eager = [n for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom)]
    assert not {_part(name) for name in _imports(eager)} & LAZY.get(part, set())


def test_rule_holds_no_part_that_is_gone():
    assert RULE.keys() == {_part(module) for module in MODULES}


def test_nothing_imports_the_command_or_the_public_names():
    """Inner modules that import `ganzoo` itself would go round in a circle."""
    assert not any({"__main__", "__init__"} & allowed for allowed in RULE.values())


@pytest.mark.parametrize("path", sorted(ROOT.glob("variants/*.py")), ids=_module)
def test_variants_open_no_file(path):
    tree = ast.parse(path.read_text())
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    imports = [n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)]
    modules = {ast.unparse(node).split()[1].split(".")[0] for node in imports}
    attributes = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
    assert not (names | attributes) & {"open", "Path", "load", "memmap", "gfile"}
    assert not modules & {"io", "os", "pathlib", "shutil", "tempfile"}


def test_the_reader_of_imports_sees_every_form():
    code = """
import ganzoo.plots
from ganzoo import losses, build
from ganzoo.data.npz import load_npz
from ganzoo.networks import mlp
def later():
    from ganzoo.gan import GAN
import numpy
"""
    assert _imports([ast.parse(code)]) == {
        "plots",
        "losses",
        "__init__",
        "data.npz",
        "networks.mlp",
        "gan",
    }
