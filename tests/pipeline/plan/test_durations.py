"""Durations: parsed as people write them, and written as people read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import InputError
from pipeline.plan.durations import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("9h", 32400),
        ("45m", 2700),
        ("1h30m", 5400),
        (" 1H 30M ", 5400),
        ("1.5h", 5400),
        ("90s", 90),
        ("2d4h", 187200),
        ("0h30m", 1800),
        ("1d 1h 1m 1s", 90061),
    ],
)
def test_parsed(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", "9", "h", "nine", "30m1h", "1h1h", "-1h", "0h", "0", "1e3h", "1,5h", "9 hours", "٩h", "1h\n2"],
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is no duration; expected a number with its unit, such as 9h"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (0.44, "0.4 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (200, "3 min 20 s"),
        (3599.7, "1 h"),
        (5400, "1 h 30 min"),
        (86390, "1 d"),
        (187200, "2 d 4 h"),
    ],
)
def test_written(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@given(
    days=st.integers(0, 9), hours=st.integers(0, 23), minutes=st.integers(0, 59), seconds=st.integers(1, 59)
)
def test_every_duration_is_its_sum(days: int, hours: int, minutes: int, seconds: int) -> None:
    whole = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    assert parse_duration(f"{days}d{hours}h{minutes}m{seconds}s") == whole
