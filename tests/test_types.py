"""The public API is annotated, and says so to type checkers."""

import inspect
from importlib import resources

import pytest

import ganzoo

FUNCTIONS = [
    *("assemble", "build", "compare", "describe", "evaluate", "export"),
    *("list_models", "load", "load_config", "register", "train"),
]
METHODS = {
    "AdversarialModel": ("generate", "discriminator_loss", "generator_loss", "adapt"),
    "GAN": ("sample", "decode", "interpolate", "latents", "probability_real"),
}


def check_annotated(function):
    signature = inspect.signature(function)
    missing = [
        p.name
        for p in signature.parameters.values()
        if p.annotation is p.empty and p.name not in ("self", "cls")
    ]
    assert not missing, f"{function.__qualname__}: {missing}"
    assert signature.return_annotation is not signature.empty, function.__qualname__


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_is_annotated(name):
    check_annotated(getattr(ganzoo, name))


@pytest.mark.parametrize("owner,name", [(c, m) for c in METHODS for m in METHODS[c]])
def test_a_public_method_is_annotated(owner, name):
    check_annotated(getattr(getattr(ganzoo, owner), name))


@pytest.mark.parametrize("name", ["data", "latent", "losses", "metrics", "penalties"])
def test_a_public_module_is_annotated(name):
    module = getattr(ganzoo, name)
    for value in vars(module).values():
        if not inspect.isfunction(value) or value.__name__.startswith("_"):
            continue
        if value.__module__.startswith(module.__name__):
            check_annotated(value)


def test_type_checkers_are_told():
    assert (resources.files("ganzoo") / "py.typed").is_file()
