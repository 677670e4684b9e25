import pytest
from helpers import tiny

from ganzoo.cli import benchmark


@pytest.mark.long
def test_benchmark_measures_positive_speeds(monkeypatch, capsys):
    monkeypatch.setattr(benchmark, "_matmul_peak", lambda dtype: 1e9)
    monkeypatch.setattr(benchmark, "build", lambda name, dtype: tiny(name, dtype=dtype))
    result = benchmark.run("vanilla", batch_size=8, seconds=0.01)
    assert all(value > 0 for value in result.values())
    assert result["images_per_second"] == pytest.approx(8e3 / result["ms_per_step"])
    assert "img/s" in capsys.readouterr().out
