from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.simulate.imaging.optics import (
    Exposure,
    brightness_to_show,
    render_image,
    spread_light,
    to_grey_levels,
)

PLAIN = Exposure(
    blur_um=0.11, glow=0.0, haze=0.0, peak=200.0, full=1.0, photons=800.0, read_noise=0.0, black=0.0
)
PX_PER_UM = 12.5


def picture(light, exposure=PLAIN, seed=1, px_per_um=PX_PER_UM):
    return render_image(np.asarray(light, np.float32), px_per_um, exposure, np.random.default_rng(seed))


def flat(brightness, side=300):
    return np.full((side, side), brightness, np.float32)


def point(side=81):
    light = np.zeros((side, side), np.float32)
    light[side // 2, side // 2] = 1.0
    return light


NOISELESS = replace(PLAIN, photons=1e12)


@pytest.mark.parametrize("brightness", [0.1, 0.4, 1.0])
@pytest.mark.parametrize("photons", [300.0, 2500.0])
def test_noise_grows_as_the_root_of_light(brightness, photons):
    taken = picture(flat(brightness), replace(PLAIN, photons=photons))
    grey = 200 * brightness
    assert taken.mean() == pytest.approx(grey, rel=0.01)
    # So many photons were counted, and the variance of a count is its mean.
    assert taken.var() == pytest.approx((255 / photons) * grey, rel=0.04)


def test_the_cameras_noise_is_added_to_the_photons():
    noisy = picture(flat(0.4), replace(PLAIN, read_noise=4.0))
    assert noisy.var() == pytest.approx(80 * 255 / 800 + 16, rel=0.04)
    dark = picture(flat(0.0), replace(PLAIN, read_noise=4.0))
    assert dark.min() == 0
    assert np.mean(dark == 0) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("px_per_um", [6.25, 12.5])
@pytest.mark.parametrize("blur_um", [0.15, 0.4])
def test_a_point_is_spread_as_wide_as_the_lens_spreads_it(px_per_um, blur_um):
    taken = picture(point(), replace(NOISELESS, blur_um=blur_um), px_per_um=px_per_um).astype(float)
    offsets = np.arange(81) - 40
    sigma = np.sqrt((taken.sum(axis=0) * offsets**2).sum() / taken.sum()) / px_per_um
    assert sigma == pytest.approx(blur_um, rel=0.05)


def test_glow_takes_light_from_the_focus_and_spreads_it_far():
    sharp = picture(point(), NOISELESS).astype(float)
    glowing = picture(point(), replace(NOISELESS, glow=0.3)).astype(float)
    assert glowing.sum() == pytest.approx(sharp.sum(), rel=0.02)
    assert glowing.max() == pytest.approx(0.7 * sharp.max(), rel=0.03)
    far = np.hypot(*np.mgrid[-40:41, -40:41]) > 10
    assert sharp[far].sum() < 1e-3 * sharp.sum()
    assert glowing[far].sum() > 0.2 * glowing.sum()


def test_bright_structures_reach_the_peak_and_haze_lies_everywhere():
    assert picture(flat(0.6), replace(NOISELESS, full=0.6)).mean() == pytest.approx(200, rel=1e-3)
    assert picture(flat(0.0), replace(NOISELESS, haze=0.05)).mean() == pytest.approx(10, rel=1e-3)


def test_what_is_below_the_black_level_is_black():
    light = np.concatenate([flat(0.01), flat(0.5)])
    before, after = picture(light), picture(light, replace(PLAIN, black=6.0))
    assert after == pytest.approx(np.maximum(before - 6, 0), abs=1e-4)
    assert np.mean(after[:280] == 0) > 0.9


@pytest.mark.parametrize(("bits", "white"), [(8, 255), (16, 65535)])
def test_too_much_light_is_white(bits, white):
    taken = to_grey_levels(picture(flat(1.0), replace(PLAIN, peak=600.0)), bits)
    assert (taken == white).all()
    assert taken.dtype == (np.uint8 if bits == 8 else np.uint16)
    within = to_grey_levels(picture(flat(0.3), replace(PLAIN, peak=600.0)), bits)
    assert within.mean() == pytest.approx(180 / 255 * white, rel=0.01)


@given(st.lists(st.floats(0, 255, width=32), min_size=1, max_size=50))
def test_sixteen_bits_are_the_same_picture_finer(greys):
    taken = np.array(greys, np.float32)
    eight, sixteen = to_grey_levels(taken, 8), to_grey_levels(taken, 16)
    assert np.abs(np.rint(sixteen / 257) - eight).max() <= 1
    assert np.abs(sixteen / 257 - taken).max() <= 0.5 / 257 + 1e-4


def test_the_exposure_follows_the_brightest_structures_and_not_one_pixel():
    light = np.zeros((400, 400), np.float32)
    light[100:200, 100:200] = 0.8
    assert brightness_to_show(light, 1.0, brightest=0.01, at_least=0.1) == pytest.approx(0.8, rel=0.01)
    light[300, 300] = 1000.0
    assert brightness_to_show(light, 1.0, brightest=0.01, at_least=0.1) == pytest.approx(0.8, rel=0.01)
    assert brightness_to_show(light, 1.0, brightest=1e-4, at_least=0.1) > 10
    assert brightness_to_show(np.zeros((40, 40), np.float32), 1.0, brightest=0.01, at_least=0.3) == 0.3


def test_exposure_is_a_quantile_of_the_field():
    light = np.random.default_rng(0).random((500, 500)).astype(np.float32)
    shown = brightness_to_show(light, 0.01, brightest=0.02, at_least=0.0)
    assert np.mean(light > shown) == pytest.approx(0.02, abs=0.003)


@pytest.mark.parametrize("shape", [(101, 101), (80, 240)])
def test_illumination_falls_from_its_centre(shape):
    light = spread_light(shape, 0.4, (0.5, 0.5))
    middle = light[shape[0] // 2, shape[1] // 2]
    assert middle == pytest.approx(1, abs=1e-3)
    assert light.max() <= 1
    # A corner lies the root of a half of a side away.
    assert light[0, 0] == pytest.approx(1 - 0.4 * 0.5, abs=0.01)
    assert np.all(np.diff(light[shape[0] // 2, shape[1] // 2 :]) <= 0)


def test_illumination_has_a_centre_anywhere_and_can_be_even():
    light = spread_light((100, 200), 0.3, (0.2, 0.9))
    row, column = np.unravel_index(np.argmax(light), light.shape)
    assert abs(row - 20) <= 1
    assert abs(column - 180) <= 1
    assert light.min() >= 0.7 - 1e-6
    assert (spread_light((10, 10), 0.0, (0.5, 0.5)) == 1).all()
