"""Pages that the site derives from the code when it is built.

Pages of `docs/` are read with what `PAGES` and `variant` add to them. A link from a
page to a file outside of `docs/` leads to the repository.
"""

import inspect
import re
import shutil
from pathlib import Path

from pages.variants import grouped, runs, words

import ganzoo
from ganzoo.cli.main import command_line
from ganzoo.runs import config_files, pretrained
from ganzoo.runs.experiment import completed
from ganzoo.variants._registry import find

DOCS = Path(__file__).parents[1]
ROOT = DOCS.parent


def setup(app):
    app.connect("builder-inited", copy_notebooks)
    app.connect("source-read", read)
    app.connect("autodoc-process-docstring", escape)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def copy_notebooks(app):
    """Puts the notebooks of `colab/` into the site; the copies are not committed."""
    (DOCS / "notebooks").mkdir(exist_ok=True)
    for path in (ROOT / "colab").glob("*.ipynb"):
        shutil.copyfile(path, DOCS / "notebooks" / path.name)


def read(app, name, content):
    """Completes the text of a page."""
    text = content[0]
    folder, _, stem = name.rpartition("/")
    if name in PAGES:
        text += PAGES[name]()
    elif folder == "variants":
        text += variant(stem)
    repository = app.config.html_theme_options["source_repository"]
    content[0] = outward(text, DOCS / folder, repository)


def escape(app, what, name, value, options, lines):
    """Keeps `|x|`, a norm, from being a substitution of reStructuredText."""
    lines[:] = [line.replace("|", "\\|") for line in lines]


def outward(text, folder, repository) -> str:
    """Markdown with links out of `docs/` as addresses of the repository."""

    def whole(match):
        path, _, anchor = match[1].partition("#")
        target = (folder / path).resolve()
        if not path or target.is_relative_to(DOCS) or not target.exists():
            return match[0]  # a broken link is Sphinx' to find
        kind = "tree" if target.is_dir() else "blob"
        address = f"{repository}/{kind}/main/{target.relative_to(ROOT)}"
        return f"]({address}{'#' + anchor if anchor else ''})"

    return re.sub(r"\]\((?!\w+:)([^)\s]+)\)", whole, text)


# --- variants ---------------------------------------------------------------------


def variant(name) -> str:
    """Sections of a variant's page, after its idea and use."""
    found = find(name)
    about = ganzoo.describe(name)
    sections = {
        "Train it": commands(name, about),
        "Defaults, and where they leave the paper": notes(about),
        "Options": options(found, about),
        "Samples": samples(name),
        "Measured": measured(about),
        "Reference": reference(found, about),
    }
    return "".join(
        f"\n## {title}\n\n{text}" for title, text in sections.items() if text
    )


def commands(name, about) -> str:
    """Commands that train a variant: its configs, and the data that it needs."""
    keys = ", ".join(f"`{key}`" for key in about["batch_keys"])
    rows = []
    for config in config_files.config_names():
        experiment = completed(config_files.load_config(config))
        if experiment["model"] == name:
            link = f"[{config}](../../zoo_configs/{config}.toml)"
            rows.append((link, experiment["dataset"], f"{experiment['steps']:,}"))
    text = f"```bash\nganzoo train {name}\n```\n\nIt learns from batches of {keys}.\n"
    if rows:
        text += "\n`ganzoo train --config=NAME` trains these:\n\n"
        text += table(("config", "data set", "steps"), rows)
    small = [
        n for n in pretrained.names() if pretrained.card(n)["build"]["name"] == name
    ]
    if small:
        names = ", ".join(f'`ganzoo.load("{one}")`' for one in small)
        text += f"\nPretrained: {names}.\n"
    return text


def notes(about) -> str:
    """The builder's docstring, without its arguments."""
    return about["notes"].split("\nArgs:\n")[0].strip() + "\n"


def options(found, about) -> str:
    """Tables of a variant's own options, and of those that all variants share."""
    meanings = arguments(about["notes"])
    own = found.own_options
    rows = [(f"`{k}`", f"`{v!r}`", meanings.get(k, "")) for k, v in own.items()]
    columns = 3 if meanings else 2
    rest = {k: v for k, v in about["options"].items() if k not in own}
    shared = ", ".join(f"`{k}={v!r}`" for k, v in rest.items())
    text = "`--set NAME=VALUE`, or arguments of `build`.\n\n"
    text += table(("option", "default", "")[:columns], [row[:columns] for row in rows])
    if rest:
        text += f"\nOf all variants, see [`assemble`](../reference/api.md): {shared}.\n"
    if network := about["network_options"]:
        shown = ", ".join(f"`{k}={v!r}`" for k, v in network.items())
        text += f"\nOf its networks: {shown}.\n"
    return text


def arguments(docstring) -> dict[str, str]:
    """The texts of a docstring's arguments, by name."""
    _, _, block = docstring.partition("\nArgs:\n")
    block = block.split("\n\n")[0]
    found = re.findall(r"^    (\w+): (.*(?:\n      .*)*)", block, re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in found}


def samples(name) -> str:
    """Samples of a run next to real data, and its curves."""
    run = runs().get(name)
    if run is None:
        return ""
    key = run["key"]
    shown = ((f"{key}.png", "samples"), (f"{run['data']}_real.png", "real data"))
    pictures = [f"![{word} of {name}](../gallery/{file})" for file, word in shown]
    return (
        f"`{run['command']}`, seed {run['seed']}, as they come:\n\n"
        + table([word for _, word in shown], [pictures])
        + f"\n![Losses of {name}](../gallery/{key}_curves.png)\n\n"
        + "Scores and further data sets: [gallery](../gallery.md).\n"
    )


def measured(about) -> str:
    """The headlines of recorded experiments with a variant."""
    rows = [
        (
            f"[{key}](../../zoo_configs/results/{key}.json)",
            row["headline"],
            row["target"],
        )
        for key, row in about["results"].items()
    ]
    return table(("experiment", "measured", "target"), rows) if rows else ""


def reference(found, about) -> str:
    """The paper and the code of a variant."""
    paper = re.sub(
        r"(?:arXiv )?\b(\d{4}\.\d{4,5})",
        r"[arXiv \1](https://arxiv.org/abs/\1)",
        about["paper"],
    )
    file = found.builder.__module__.replace(".", "/") + ".py"
    return f"{paper}.\n\nCode: [{file}](../../{file}).\n"


def variants() -> str:
    """All variants by group, with phrase and tasks."""
    text = ""
    for group, names in grouped().items():
        rows = [
            (
                f"[{n}]({n}.md)",
                words(n)["phrase"],
                ", ".join(ganzoo.describe(n)["tasks"]),
            )
            for n in names
        ]
        contents = "\n".join(names)
        text += f"\n## {group}\n\n{table(('variant', 'in a phrase', 'for'), rows)}\n"
        text += f"```{{toctree}}\n:hidden:\n\n{contents}\n```\n"
    return text


# --- the references ---------------------------------------------------------------


def api() -> str:
    """Directives for every public name of `ganzoo`, and of its public modules."""
    source = inspect.getsource(ganzoo)
    names = sorted(set(re.findall(r"import (\w+) as \1", source)), key=str.lower)
    modules = [n for n in names if inspect.ismodule(getattr(ganzoo, n))]
    text = directives(ganzoo, [n for n in names if n not in modules])
    for name in modules:
        module = getattr(ganzoo, name)
        text += f"\n## ganzoo.{name}\n\n{inspect.getdoc(module).splitlines()[0]}\n"
        text += directives(module, [n for n in dir(module) if function(module, n)])
    return text


def public(value) -> bool:
    """Is it a function, a class or a module of ganzoo?"""
    if inspect.ismodule(value):
        shown = value.__name__
        return shown.startswith("ganzoo.") and shown.split(".")[1] not in PRIVATE
    return getattr(value, "__module__", "").startswith("ganzoo.")


PRIVATE = ("cli", "comparison", "distribute", "evaluation", "models", "plots", "runs")
PRIVATE += ("training", "utils", "variants")


def function(module, name) -> bool:
    value = getattr(module, name)
    kind = inspect.isclass(value) or inspect.isfunction(value)
    return kind and not name.startswith("_") and public(value)


def directives(module, names) -> str:
    lines = []
    for name in names:
        kind = "class" if inspect.isclass(getattr(module, name)) else "function"
        members = "   :members:\n" if kind == "class" else ""
        lines.append(f".. auto{kind}:: {module.__name__}.{name}\n{members}")
    return "\n```{eval-rst}\n" + "\n".join(lines) + "```\n"


def cli() -> str:
    """The commands and their flags, from the parser."""
    parser = command_line()
    [commands] = [a for a in parser._actions if hasattr(a, "choices") and a.choices]
    text = ""
    for name, command in commands.choices.items():
        text += f"\n## ganzoo {name}\n\n{command.description}\n\n"
        shown = [a for a in command._actions if a.option_strings[:1] not in HELP]
        rows = [(label(action), meaning(action)) for action in shown]
        text += table(("argument", ""), rows)
    return text


HELP = (["-h"], ["--helpfull"])


def meaning(action) -> str:
    """The help of an argument, with flags as code."""
    return re.sub(r"(?<!`)(--\w+)", r"`\1`", action.help or "").replace("|", "\\|")


def label(action) -> str:
    """An argument as it is written: `--steps N`, `NAME`."""
    value = str(action.metavar or action.dest.upper())
    takes = [value] if action.nargs != 0 else []
    return f"`{' '.join([*action.option_strings[:1], *takes])}`"


def table(head, rows) -> str:
    """A table of Markdown; cells keep no line ends."""
    lines = ["| " + " | ".join(map(str, row)) + " |\n" for row in (head, *rows)]
    return lines[0] + "|---" * len(head) + "|\n" + "".join(lines[1:])


PAGES = {"variants/index": variants, "reference/api": api, "reference/cli": cli}
