"""TensorFlow's start lines, held back; its real start is in test_fresh_process.py."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from ganzoo.utils.quiet import without_log

NOISE = b"""\
WARNING: All log messages before absl::InitializeLog() is called are written to STDERR
I0000 00:00:1795903666.209189   13586 port.cc:153] oneDNN custom operations are on.
E0000 00:00:1795903669.454333   13586 cuda_platform.cc:52] failed call to cuInit
2025-08-14 10:02:03.123456: I tensorflow/core/util/port.cc:153] oneDNN
To enable the following instructions: AVX2 AVX512F FMA, rebuild TensorFlow.
"""
OTHERS = (
    b"A module that was compiled using NumPy 1.x cannot be run\nF0000 00:00:1.0 1 x\n"
)


def test_lines_of_the_log_are_dropped_and_others_kept(capfd):
    with without_log():
        os.write(2, NOISE + OTHERS)
        assert capfd.readouterr().err == ""
    assert capfd.readouterr().err.encode() == OTHERS
    os.write(2, b"I0000 00:00:1.0 1 later\n")
    assert capfd.readouterr().err == "I0000 00:00:1.0 1 later\n"


def test_an_error_lets_everything_through(capfd):
    with pytest.raises(ImportError), without_log():
        os.write(2, NOISE)
        raise ImportError
    assert capfd.readouterr().err.encode() == NOISE


def test_no_descriptor_is_left_open():
    before = os.listdir("/proc/self/fd")
    with without_log():
        pass
    assert os.listdir("/proc/self/fd") == before


def _start(
    folder,
    then,
    code="import ganzoo, tensorflow",
    stderr=subprocess.PIPE,
    **environment,
):
    """Runs code with a TensorFlow of one file, which logs and then does something."""
    (folder / "tensorflow").mkdir()
    (folder / "tensorflow/__init__.py").write_text(
        f"import os\nos.write(2, {NOISE + OTHERS!r})\n{then}"
    )
    inherited = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    places = [str(folder), str(Path(__file__).parents[2])]
    return subprocess.run(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=stderr,
        env={**inherited, "PYTHONPATH": os.pathsep.join(places), **environment},
    )


@pytest.mark.parametrize(
    "code",
    [
        "import ganzoo, tensorflow",
        "import importlib.util, ganzoo\n"
        "importlib.util.find_spec('tensorflow')\nimport tensorflow",
    ],
)
def test_the_first_import_is_quiet_whoever_makes_it(tmp_path, code):
    done = _start(tmp_path, "print(os.environ['TF_CPP_MIN_LOG_LEVEL'])", code)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"3\n", OTHERS)


def test_a_level_of_the_user_keeps_every_line(tmp_path):
    done = _start(tmp_path, "", TF_CPP_MIN_LOG_LEVEL="0")
    assert done.stderr == NOISE + OTHERS


def test_a_failed_import_says_all(tmp_path):
    done = _start(tmp_path, "raise ImportError('libcudart.so: cannot open')")
    assert done.returncode == 1
    assert done.stderr.startswith(NOISE + OTHERS)
    assert done.stderr.rstrip().endswith(b"ImportError: libcudart.so: cannot open")


def test_a_terminal_shows_a_sign_of_life_that_goes(tmp_path):
    ours, theirs = pty.openpty()
    done = _start(tmp_path, "", stderr=theirs)
    assert done.returncode == 0
    shown = OTHERS.replace(b"\n", b"\r\n")
    assert os.read(ours, 10_000) == b"loading TensorFlow\r" + shown + b"\x1b[K"
    os.close(ours)
    os.close(theirs)


def test_a_crash_shows_where(tmp_path):
    done = _start(tmp_path, "os.abort()")
    assert done.returncode < 0
    assert b"Fatal Python error: Aborted" in done.stderr
    assert b"tensorflow/__init__.py" in done.stderr
