"""The environment of a run, and a word if it goes on in another one."""

import json
import os

import pytest
import tensorflow as tf

from ganzoo import distribute
from ganzoo.runs.directory import write_environment


def threads_of(path):
    return json.loads((path / "environment.json").read_text())["threads"]


def test_other_threads_are_warned_of_on_resume(tmp_path):
    write_environment(tmp_path, ["CPU:0"], 1)
    write_environment(tmp_path, ["CPU:0", "CPU:1"], 1)
    with pytest.warns(UserWarning, match="had 1 threads so far, and has 2 now"):
        write_environment(tmp_path, ["CPU:0"], 2)
    assert threads_of(tmp_path) == 2


@pytest.mark.parametrize("before", ["{}", "{", '{"devices": []}'])
def test_threads_that_were_not_recorded_are_no_reason_for_a_warning(before, tmp_path):
    (tmp_path / "environment.json").write_text(before)
    write_environment(tmp_path, ["CPU:0"], 2)
    assert threads_of(tmp_path) == 2


def test_threads_are_those_of_tensorflow(monkeypatch):
    own = tf.config.threading.get_intra_op_parallelism_threads
    monkeypatch.delenv("TF_NUM_INTRAOP_THREADS", raising=False)
    assert distribute.threads() == (own() or len(os.sched_getaffinity(0)))
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "7")
    assert distribute.threads() == (own() or 7)
    monkeypatch.setattr(
        tf.config.threading, "get_intra_op_parallelism_threads", lambda: 3
    )
    assert distribute.threads() == 3
