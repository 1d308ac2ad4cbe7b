"""Durations as people write them: ``9h``, ``45m``, ``1h30m``."""

import re

from data.errors import InputError

_UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_NUMBER = r"([0-9]{1,9}(?:\.[0-9]{1,9})?)"
_PATTERN = re.compile(r"\s*".join(rf"(?:{_NUMBER}\s*{unit})?" for unit in _UNITS))


def parse_duration(text: str, where: str = "--limit") -> float:
    """Parse a duration: numbers with the units d, h, m and s, the largest unit first.

    Parameters
    ----------
    text
        Such as ``9h``, ``45m`` or ``1h30m``; numbers may have decimals.
    where
        What to name in an error message.

    Returns
    -------
    float
        Seconds, above 0.

    Raises
    ------
    InputError
        It is no duration, or 0.
    """
    found = _PATTERN.fullmatch(text.strip().lower())
    given = found.groups() if found else ()
    seconds = sum(
        float(number) * unit for number, unit in zip(given, _UNITS.values(), strict=False) if number
    )
    if not seconds:
        raise InputError(
            found=f"{text!r} is no duration",
            where=where,
            expected="a number with its unit, such as 9h, 45m or 1h30m",
        )
    return seconds


def format_duration(seconds: float) -> str:
    """Format a duration with its two largest units, rounded: ``0.4 s``, ``3 min 20 s``, ``2 d 4 h``."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if round(seconds) < 60:
        return f"{round(seconds)} s"
    if round(seconds) < 3600:
        return _two(round(seconds), 60, "min", "s")
    if round(seconds / 60) < 24 * 60:
        return _two(round(seconds / 60), 60, "h", "min")
    return _two(round(seconds / 3600), 24, "d", "h")


def _two(small: int, size: int, large_name: str, small_name: str) -> str:
    whole, rest = divmod(small, size)
    return f"{whole} {large_name}" + (f" {rest} {small_name}" if rest else "")
