"""Model cards: what files say is text on them, and damaged files are named."""

import json

import pytest

from ganzoo.evaluation import model_card
from ganzoo.evaluation.score import Score
from ganzoo.runs import directory

HOSTILE = "<script>\n# a **title** [link](http://x) `code` | cell"
BOLD = "&#42;&#42;title&#42;&#42;"
TEXT = f"&#60;script> &#35; a {BOLD} &#91;link](http://x) &#96;code&#96; &#124; cell"
SCORE = Score(
    HOSTILE, float("inf"), 1.0, "lower", f"{HOSTILE} | seed 0", step=4
).to_dict()


class GAN:
    step = 4


def card(folder, scores=None, data=None):
    """The card of a run with these scores and these facts of its data."""
    experiment = {"model": "vanilla", "options": {"network": HOSTILE}, "steps": 4}
    build = {"name": "vanilla", "dtype": "float32", "options": {}}
    data = {"name": HOSTILE, "samples": 3, "fingerprint": "0"} | (data or {})
    directory.write_config(
        folder, {"experiment": experiment, "build": build, "data": data}
    )
    if scores is not None:
        (folder / "evaluation.json").write_text(scores)
    return model_card.card(str(folder), GAN(), "hf://me/small")


def scores(*rows, **others):
    return json.dumps({"format": 2, "scores": rows, "notes": [], **others})


def test_names_in_a_run_are_text_on_its_card(tmp_path):
    text = card(tmp_path, scores(SCORE))
    assert f"- data: {TEXT}, 3 samples\n- steps: 4\n- batch_size: 3\n" in text
    assert f"- options: network={TEXT}\n" in text
    assert f"| {TEXT} | inf | 1 | lower |\n" in text
    assert f"- {TEXT.replace('&#124;', ';')} ; seed 0\n" in text
    assert "Goodfellow" in text and "<" not in text


def test_a_run_without_scores_says_so(tmp_path):
    assert "## Scores\n\nNot measured." in card(tmp_path)


@pytest.mark.parametrize(
    "other", [{"step": 2}, {"checkpoint": "best"}, {"checkpoint": "mean image"}]
)
def test_scores_of_other_answers_are_not_the_models(other, tmp_path):
    text = card(tmp_path, scores({**SCORE, **other}))
    assert "## Scores\n\nNot measured." in text


@pytest.mark.parametrize(
    "text,message",
    [
        ("{", "evaluation.json is damaged"),
        ("[]", "evaluation.json is damaged: .*no table"),
        ("{}", "evaluation.json is damaged: 'format'"),
        (scores(format=99), "evaluation.json was written by a newer version"),
        (scores("row"), "evaluation.json is damaged: a row is no score"),
        (scores({}), "a row is no score: 'value'"),
        (scores({**SCORE, "value": [1]}), "a row is no score"),
        (scores({**SCORE, "value": "many"}), "a row is no score"),
        (scores({**SCORE, "metric": {"a": 1}}), "a row is no score"),
        (scores({**SCORE, "more": 1}), "a row is no score"),
    ],
)
def test_damaged_scores_are_named(text, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        card(tmp_path, text)


@pytest.mark.parametrize(
    "data,message",
    [
        ({"samples": "many"}, "config.json is damaged: .*'many'"),
        ({"samples": None}, "config.json is damaged"),
    ],
)
def test_damaged_facts_are_named(data, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        card(tmp_path, data=data)
