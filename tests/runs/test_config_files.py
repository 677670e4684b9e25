"""Options of the command line, and TOML as editors write it."""

import pytest

from ganzoo.runs.config_files import parse_options, parse_toml


def test_points_set_one_key_of_a_table():
    words = ["penalties.r1=1.0", "filters=8", "penalties.r2=2.0", "filters=16"]
    assert parse_options(words) == {"penalties": {"r1": 1.0, "r2": 2.0}, "filters": 16}
    words = ["penalties={r1 = 1.0}", "penalties={r2 = 2.0}"]
    assert parse_options(words) == {"penalties": {"r2": 2.0}}


@pytest.mark.parametrize("word", ["", "# filters=32", "#filters=32", "a=1\nb=2"])
def test_what_sets_no_option_is_refused(word):
    with pytest.raises(ValueError, match="set as OPTION=VALUE.*Received"):
        parse_options([word])


@pytest.mark.parametrize("text", ["a = 2020-01-01", "a = [{b = 07:30:00}]"])
def test_dates_are_refused(text):
    with pytest.raises(ValueError, match="holds a date or time"):
        parse_toml(text.encode(), "x.toml")


def test_the_mark_of_windows_is_no_text():
    assert parse_toml("a = 1".encode("utf-8-sig"), "x.toml") == {"a": 1}
