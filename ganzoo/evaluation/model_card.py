"""Model cards: Markdown made from what is recorded of a run or a pretrained model."""

from pathlib import Path

from ganzoo.evaluation import evaluate
from ganzoo.evaluation.score import Score
from ganzoo.runs import pretrained
from ganzoo.runs.directory import CONFIG, read_config
from ganzoo.runs.experiment import from_dict
from ganzoo.runs.resolve import batch_of
from ganzoo.variants import _registry

_HEAD = """---
library_name: keras
tags: [ganzoo, gan]
---

# {title}

{about} A model of [ganzoo](https://pypi.org/project/ganzoo-keras/), the GAN model zoo
for TensorFlow and Keras 3.

```python
import ganzoo

model = ganzoo.load("{address}")
images = model.sample(16, seed=0)
```
"""


def card(source: str, model, address: str) -> str:
    """Writes the card of a model.

    Args:
        source: a run directory, a pretrained name, or a .keras file.
        model: the model that was loaded from it. Scores of other steps are left out.
        address: where it will be loaded from.

    Returns:
        Markdown: paper, training, scores next to real data, and limits. It says what is
        not recorded of the model. Texts of the run's files appear as they are, not as
        HTML, links, code or headings.

    Raises:
        ValueError: `config.json` or `evaluation.json` of the run is damaged.
    """
    variant, facts, scores = _recorded(source, model.step)
    kind = type(model).__name__
    named = f"`{variant}`: {_registry.find(variant).paper}." if variant else kind + "."
    text = _HEAD.format(title=address.rsplit("/", 1)[-1], about=named, address=address)
    lines = [f"- {k}: {_plain(v)}\n" for k, v in facts.items() if v != ""]
    text += "\n## Training\n\n" + ("".join(lines) or "Not recorded.\n")
    text += "\n## Scores\n\n" + (_table(scores) if scores else "Not measured.\n")
    return text + (
        "\n## Limits\n\nIt makes what its training data show, with their gaps and "
        "biases. It may repeat training samples. The licence of the data holds for "
        "what is made from them.\n"
    )


def _recorded(source, step):
    """Variant, facts of the training and scores, as far as they are known."""
    if source in pretrained.names() and not Path(source).exists():
        about = pretrained.card(source)
        facts = {key: about[key] for key in ("dataset", "command", "steps")}
        rows = [row for rows in about["scores"].values() for row in rows]
        return about["build"]["name"], facts, [Score.from_dict(row) for row in rows]
    config, scored = read_config(source), evaluate.read(source)
    if config is None:
        return None, {}, []
    experiment, data = from_dict(config["experiment"]), config["data"]
    try:
        count = int(data["samples"])
        facts = {"data": f"{data['name']}, {count:,} samples"}
    except (KeyError, TypeError, ValueError) as error:
        where = Path(source, CONFIG)
        raise ValueError(f"{where} is damaged: {error} in its data.") from error
    facts |= {
        "steps": step,
        "batch_size": batch_of(experiment, count),
        "seed": experiment.seed,
    }
    options = experiment.options.items()
    facts["options"] = ", ".join(f"{key}={value}" for key, value in options)
    scores = [
        score
        for score in (scored.scores if scored else ())
        if (score.checkpoint, score.step) == ("last", step)
    ]
    return experiment.model, facts, scores


_MARKUP = str.maketrans({sign: f"&#{ord(sign)};" for sign in "<[`|#*~"})


def _plain(value):
    """A text of one line, all of it plain: names of files may hold markup."""
    return " ".join(str(value).split()).translate(_MARKUP)


def _table(scores):
    rows = [
        f"| {_plain(score.metric)} | {score.value:.4g} | {score.floor:.4g} | "
        f"{_plain(score.better)} |\n"
        for score in scores
    ]
    protocols = sorted({score.protocol.replace("|", ";") for score in scores})
    listed = "".join(f"- {_plain(text)}\n" for text in protocols)
    head = "| score | model | real data | better |\n|---|---|---|---|\n"
    return f"{head}{''.join(rows)}\nProtocols:\n\n{listed}"
