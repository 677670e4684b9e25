"""Pages that docs/_ext/zoo.py writes into the site."""

import re

import pytest
import zoo

import ganzoo
from ganzoo.runs.experiment import FIELDS

URL = "https://github.com/ganzoo/ganzoo"


@pytest.mark.parametrize("name", ganzoo.list_models())
def test_a_page_of_a_variant_has_idea_loss_use_and_what_code_knows(name):
    words = (zoo.DOCS / "variants" / f"{name}.md").read_text("utf-8")
    assert f"\n# {name}\n" in words
    assert words.count("$$") == 2
    assert "\n## When to use it\n" in words
    text = zoo.variant(name)
    for title in ("Train it", "Defaults, and where they leave the paper", "Options"):
        assert f"\n## {title}\n" in text
    for option, value in ganzoo.describe(name)["options"].items():
        assert re.search(rf"`{option}`? ?[=|] ?`?{re.escape(repr(value))}`", text)
    assert ganzoo.describe(name)["paper"].split(",")[0] in text


def test_there_is_no_page_of_another_name():
    pages = {path.stem for path in (zoo.DOCS / "variants").glob("*.md")} - {"index"}
    assert pages == set(ganzoo.list_models())


def test_measured_figures_and_pretrained_models_are_on_the_page():
    text = zoo.variant("dcgan")
    assert "[dcgan_mnist](../../zoo_configs/results/dcgan_mnist.json)" in text
    assert (
        "| [dcgan_mnist](../../zoo_configs/dcgan_mnist.toml) | mnist | 4,680 |" in text
    )
    assert '`ganzoo.load("dcgan_mnist")`' in text
    assert "![samples of dcgan](../gallery/dcgan_mnist.png)" in text


def test_arguments_of_a_docstring():
    text = "First.\n\nArgs:\n    a: one\n        line, or two.\n    b_c: x."
    text = text.replace("        line", "      line")
    assert zoo.arguments(text) == {"a": "one line, or two.", "b_c": "x."}
    assert zoo.arguments("First.") == {}


def test_links_out_of_docs_lead_to_the_repository():
    folder = zoo.DOCS / "guides"
    text = "[a](../../CONTRIBUTING.md#habits) [b](../safety.md) [c](../../none.md)"
    assert zoo.outward(text, folder, URL) == (
        f"[a]({URL}/blob/main/CONTRIBUTING.md#habits) [b](../safety.md) "
        "[c](../../none.md)"
    )
    kept = "[a](https://x.org/a.md) [b](#part)"
    assert zoo.outward(kept, folder, URL) == kept
    linked = zoo.outward("[a](../../zoo_configs)", folder, URL)
    assert linked == f"[a]({URL}/tree/main/zoo_configs)"


def test_the_api_has_every_public_name():
    text = zoo.api()
    found = set(re.findall(r"auto\w+:: ganzoo\.([\w.]+)", text))
    found |= set(re.findall(r"^## ganzoo\.(\w+)$", text, re.MULTILINE))
    assert {"build", "describe", "list_models", "register", *ganzoo._LAZY} <= found
    assert {"losses.hinge", "metrics.frechet_distance", "layers.SpectralNorm"} <= found
    assert "announce" not in found


def test_the_command_line_has_every_command_and_flag():
    text = zoo.cli()
    commands = re.findall(r"^## ganzoo (\w+)$", text, re.MULTILINE)
    assert {"train", "sample", "evaluate", "compare", "list"} <= set(commands)
    flags = set(re.findall(r"^\| `--(\w+)", text, re.MULTILINE))
    assert set(FIELDS) - {"model", "options"} <= flags
    assert not {"h", "help", "helpfull"} & flags
