import resource
import sys
from types import SimpleNamespace

import pytest

from ganzoo.utils import memory
from ganzoo.utils.memory import forget_peak, peak_mib


def test_the_peak_is_that_since_it_was_forgotten():
    forget_peak()
    before = peak_mib()
    block = bytearray(200 * 2**20)
    assert 190 <= peak_mib() - before <= 210
    del block
    assert peak_mib() - before >= 190  # a peak stays
    forget_peak()
    assert abs(peak_mib() - before) <= 10


@pytest.mark.parametrize("platform,unit", [("darwin", 2**20), ("linux", 2**10)])
@pytest.mark.parametrize("status", [None, "Name: python\n"])
def test_the_peak_where_the_kernel_tells_none(
    platform, unit, status, tmp_path, monkeypatch
):
    if status is not None:
        (tmp_path / "status").write_text(status)
    monkeypatch.setattr(memory, "_PROCESS", tmp_path)
    monkeypatch.setattr(sys, "platform", platform)
    usage = SimpleNamespace(ru_maxrss=500 * unit)
    monkeypatch.setattr(resource, "getrusage", lambda who: usage)
    assert peak_mib() == 500
