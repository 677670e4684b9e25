"""The variants of the theory on the 8x8 digits, against a target that was fixed before.

GANZOO_RUNS=runs pytest -m slow tests/slow/test_unconditional.py
"""

import pytest
from experiment import check_digits

pytestmark = pytest.mark.slow


def test_lsgan_digits():
    check_digits("lsgan_digits")


def test_wgan_digits():
    check_digits("wgan_digits")


def test_wgan_gp_digits():
    check_digits("wgan_gp_digits")


def test_dragan_digits():
    check_digits("dragan_digits")


def test_sngan_digits():
    check_digits("sngan_digits", note="16 filters and more; the paper has 256 and 128")


def test_sagan_digits():
    check_digits(
        "sagan_digits", note="16 filters and more; attention on maps of 4x4; no labels"
    )


def test_r3gan_digits():
    check_digits("r3gan_digits", note="16 filters and more")


def test_began_digits():
    check_digits(
        "began_digits", note="DCGAN's levels with batch normalisation; codes of 32"
    )


def test_improved_digits():
    check_digits("improved_digits")


def test_acgan_digits():
    check_digits("acgan_digits", least_right=0.9)
