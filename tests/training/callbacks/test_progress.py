"""The progress of training: a bar, or lines."""

import io

from fake_model import FakeModel, attach, intervals
from terminal import Terminal

from ganzoo.training.callbacks.progress import Progress
from ganzoo.utils.progress import Bar


def test_progress_is_a_plain_line_where_there_is_no_terminal(points):
    stream = io.StringIO()
    progress = Progress(400, images_per_step=32, stream=stream)
    intervals(attach(progress, FakeModel(points)), 2)
    progress.on_train_end()
    first, second = stream.getvalue().splitlines()
    assert "100/400" in first and "200/400" in second
    assert "\r" not in stream.getvalue()
    for part in ("1.000", "1.200", "D(x) 0.700", "D(G(z)) 0.300", "left"):
        assert part in second


def test_progress_is_a_bar_on_a_terminal_from_the_first_call(points):
    stream = Terminal()
    model = FakeModel(points)
    progress = attach(Progress(200, images_per_step=32, stream=stream), model)
    assert "tracing the step" in stream.getvalue()
    model.step = 20
    progress.on_train_batch_end(0)
    assert "training" in stream.getvalue()
    progress.bar._bar.refresh()
    assert "20/200" in stream.getvalue()
    model.step = 0
    intervals(progress, 2, {"d_loss": -3.0, "g_loss": 4.0})
    progress.on_train_end()
    last = stream.getvalue().rstrip("\n").splitlines()[-1].split("\r")[-1]
    assert "200/200" in last
    assert "D -3.000  G 4.000" in last and "D(x)" not in last
    assert stream.getvalue().count("\n") == 1 and stream.getvalue().endswith("\n")


def test_progress_moves_a_bar_that_is_given_and_leaves_it_open(points):
    stream = Terminal()
    with Bar(200, "steps", stream=stream) as bar:
        progress = Progress(200, images_per_step=32, bar=bar)
        intervals(attach(progress, FakeModel(points)), 2)
        progress.on_train_end()
        assert "\n" not in stream.getvalue()
    assert "200/200" in stream.getvalue()
