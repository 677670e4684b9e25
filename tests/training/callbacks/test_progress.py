"""The progress line."""

import io

from fake_model import FakeModel, attach, intervals

from ganzoo.training.callbacks.progress import Progress


def test_progress_is_a_plain_line_where_there_is_no_terminal(points):
    stream = io.StringIO()
    bar = Progress(400, images_per_step=32, stream=stream)
    intervals(attach(bar, FakeModel(points)), 2)
    first, second = stream.getvalue().splitlines()
    assert "100/400" in first and "200/400" in second
    assert "\r" not in stream.getvalue()
    for part in ("1.000", "1.200", "D(x) 0.700", "D(G(z)) 0.300", "left"):
        assert part in second


def test_progress_stays_on_one_line_of_a_terminal(points):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    stream = Terminal()
    bar = Progress(200, images_per_step=32, stream=stream)
    intervals(attach(bar, FakeModel(points)), 2, {"d_loss": -3.0, "g_loss": 4.0})
    assert stream.getvalue().count("\n") == 1 and stream.getvalue().endswith("\n")
    assert "D(x)" not in stream.getvalue()
