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
