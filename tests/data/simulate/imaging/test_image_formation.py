from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from data.labels.label_file import NEGATIVE
from data.simulate.field import FieldSettings, simulate_set_field
from data.simulate.geometry.cell_lines import CELL_LINES
from data.simulate.imaging.imaging_conditions import Conditions, Optics

SETTINGS = FieldSettings(shape=(400, 420), seed=12)
LINE = CELL_LINES[3]
RED, GREEN, BLUE, YELLOW = range(4)
STAINS = ("stain_microtubules", "paint_protein", "stain_nucleus", "stain_reticulum")
GOOD = Conditions(
    blur_um=(0.11,) * 4,
    peaks=(220.0,) * 4,
    photons=(1500.0,) * 4,
    leaks={(GREEN, RED): 0.0, (BLUE, GREEN): 0.0, (RED, YELLOW): 0.0},
    fall=0.0,
    centre=(0.5, 0.5),
)


@pytest.fixture
def take(monkeypatch):
    """Take a field under chosen conditions; ``only`` is the one channel that is stained."""

    def take_field(conditions, *, only=None, classes=(0,), bits=8):
        monkeypatch.setattr(
            "data.simulate.imaging.image_formation.draw_conditions", lambda key, optics: conditions
        )
        for channel, name in enumerate(STAINS):
            if only is not None and channel != only:
                monkeypatch.setattr(
                    f"data.simulate.imaging.image_formation.{name}",
                    lambda cell, *_: np.zeros(cell.mask.shape),
                )
        settings = replace(SETTINGS, optics=Optics(bits=bits))
        return simulate_set_field(1, settings, classes=classes, cell_line=LINE).image.astype(float)

    return take_field


def fine_structure(channel):
    """Spread of what is finer than half a micrometre but coarser than the camera's noise."""
    smooth = ndimage.gaussian_filter(channel, 1.5)
    return (smooth - ndimage.gaussian_filter(channel, 6)).std()


def test_sixteen_bits_are_the_same_field_finer():
    eight = simulate_set_field(1, SETTINGS, cell_line=LINE)
    sixteen = simulate_set_field(1, replace(SETTINGS, optics=Optics(bits=16)), cell_line=LINE)
    assert eight.image.dtype == np.uint8
    assert sixteen.image.dtype == np.uint16
    assert np.abs(np.rint(sixteen.image / 257) - eight.image).max() <= 1
    assert len(np.unique(sixteen.image[BLUE])) > 1000
    assert np.array_equal(eight.cells, sixteen.cells)
    assert eight.cell_labels == sixteen.cell_labels


@pytest.mark.parametrize("bits", [8, 16])
def test_a_saturated_channel_is_white_where_it_is_bright_and_the_others_are_not(take, bits):
    white = 255 if bits == 8 else 65535
    good = take(GOOD, bits=bits)
    saturated = take(replace(GOOD, peaks=(220.0, 220.0, 600.0, 220.0)), bits=bits)
    share = np.mean(saturated == white, axis=(1, 2))
    assert share[BLUE] > 0.02
    assert np.mean(good == white, axis=(1, 2))[BLUE] < 1e-3
    assert max(share[RED], share[GREEN], share[YELLOW]) < 0.01
    assert np.array_equal(good[RED], saturated[RED])


@pytest.mark.parametrize(("source", "into"), [(GREEN, RED), (BLUE, GREEN), (RED, YELLOW)])
def test_light_bleeds_into_the_named_channel_and_no_other(take, source, into):
    dark = take(GOOD, only=source)
    leaking = take(replace(GOOD, leaks={(source, into): 0.3}), only=source)
    bright = dark[source] > 100
    assert leaking[into][bright].mean() > dark[into][bright].mean() + 20
    where = leaking[source] < 250
    assert np.corrcoef(leaking[source][where], leaking[into][where])[0, 1] > 0.8
    for channel in set(range(4)) - {into}:
        assert np.array_equal(leaking[channel], dark[channel])


def test_light_that_has_bled_through_bleeds_no_further(take):
    leaks = {(BLUE, GREEN): 0.3, (GREEN, RED): 0.3}
    assert take(replace(GOOD, leaks=leaks), only=BLUE)[RED].mean() == take(GOOD, only=BLUE)[RED].mean()


def test_a_field_out_of_focus_has_less_fine_structure(take):
    sharp, blurred = take(GOOD, classes=(14,)), take(replace(GOOD, blur_um=(0.5,) * 4), classes=(14,))
    for channel in range(4):
        assert fine_structure(blurred[channel]) < 0.6 * fine_structure(sharp[channel])


def test_fewer_photons_give_more_noise(take):
    many, few = take(GOOD), take(replace(GOOD, photons=(150.0,) * 4))
    for channel in (RED, BLUE, YELLOW):
        noise = [np.std(image[channel] - ndimage.gaussian_filter(image[channel], 1)) for image in (many, few)]
        assert noise[1] > 1.5 * noise[0]


def test_the_peak_is_the_grey_value_of_the_brightest(take):
    for peak in (60.0, 200.0):
        image = take(replace(GOOD, peaks=(peak,) * 4))
        brightest = np.percentile(ndimage.gaussian_filter(image, (0, 1, 1)), 99.9, axis=(1, 2))
        assert np.all(brightest > 0.6 * peak)
        assert np.all(brightest < 1.4 * peak)


def test_uneven_light_is_weak_far_from_its_centre(take):
    even = take(GOOD)
    uneven = take(replace(GOOD, fall=0.6, centre=(0.0, 0.0)))
    bright = even[BLUE] > 40
    corner, other = (slice(0, 150), slice(0, 150)), (slice(-150, None), slice(-150, None))
    lit = [
        uneven[BLUE][place][bright[place]].mean() / even[BLUE][place][bright[place]].mean()
        for place in (corner, other)
    ]
    # All that is brightest may be dimmer, so the exposure makes up for some of it.
    assert lit[1] < 0.65 * lit[0]


def test_an_unstained_field_is_not_made_bright(take, monkeypatch):
    monkeypatch.setattr(
        "data.simulate.imaging.image_formation.paint_protein",
        lambda cell, _: 0.1 * cell.mask.astype(np.float32),
    )
    image = take(GOOD, classes=(NEGATIVE,))
    assert np.percentile(image[GREEN], 99) < 0.35 * 220
    stained = take(GOOD, classes=(0,))
    assert np.percentile(stained[GREEN], 99) > 1.5 * np.percentile(image[GREEN], 99)


def test_negative_fields_are_dimmer_than_stained_ones():
    optics = Optics(dim=0.0, saturated=0.0, out_of_focus=0.0, bleed_through=0.0, uneven=0.0)
    settings = replace(SETTINGS, shape=(260, 260), optics=optics, negative_cells=0.0)
    bright = {
        classes: [
            np.percentile(
                simulate_set_field(index, settings, classes=classes, cell_line=LINE).image[GREEN], 99.5
            )
            for index in range(9)
        ]
        for classes in ((NEGATIVE,), (0,))
    }
    assert np.median(bright[NEGATIVE,]) < 0.6 * np.median(bright[0,])


def test_cells_of_a_field_differ_in_brightness(take):
    image = take(GOOD, only=BLUE)
    field = simulate_set_field(1, SETTINGS, classes=(0,), cell_line=LINE)
    means = ndimage.mean(image[BLUE], field.nuclei, range(1, field.nuclei.max() + 1))
    assert np.std(means) / np.mean(means) > 0.05
