"""A colour for each class."""

import colorsys

_GOLDEN = 0.618034
"""Steps of this part of the colour circle never come near a colour that there was before."""


def choose_colours(count: int) -> list[list[int]]:
    """Return a colour [r, g, b], 0..255, for each class; it does not depend on how many there are."""
    colours = []
    for number in range(count):
        value = (1.0, 0.75)[number // 10 % 2]
        shares = colorsys.hsv_to_rgb((number * _GOLDEN) % 1, 0.8, value)
        colours.append([round(255 * share) for share in shares])
    return colours
