import pytest

from data.images.pixel_size import plausible, unit_um


@pytest.mark.parametrize(
    ("unit", "um"),
    [
        ("µm", 1), ("\u03bcm", 1), ("um", 1), ("micron", 1), ("Microns", 1), ("micrometre", 1),
        ("\\u00b5m", 1),
        ("nm", 1e-3), ("mm", 1e3), ("cm", 1e4), ("m", 1e6), ("inch", 25400), ("in", 25400), ("Å", 1e-4),
        ("pm", 1e-6), ("thou", 25.4), ("ft", 304800), ("km", 1e9), ("pt", 25400 / 72),
    ],
)  # fmt: skip
def test_units_of_length(unit: str, um: float) -> None:
    assert unit_um(unit) == pytest.approx(um)


@pytest.mark.parametrize("unit", ["pixel", "", "reference frame", "sec"])
def test_what_is_no_length(unit: str) -> None:
    assert unit_um(unit) is None


def test_sizes_of_a_light_microscope() -> None:
    assert plausible(0.08, 0.08) == (0.08, 0.08)
    for dpi in (1, 72, 96, 150, 300, 600, 1200, 2400):
        assert plausible(25400 / dpi, 25400 / dpi) is None
    assert plausible(0.08, 80) is None
