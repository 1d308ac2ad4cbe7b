from dataclasses import replace

import numpy as np
import pytest

from data.simulate.imaging.imaging_conditions import Optics, draw_conditions

FIELDS = 3000
WELL = Optics(dim=0.0, saturated=0.0, out_of_focus=0.0, bleed_through=0.0, uneven=0.0)


@pytest.fixture(scope="module")
def good():
    return [draw_conditions((5, number), WELL) for number in range(FIELDS)]


def factors(changed, good, what):
    return np.array([getattr(c, what) for c in changed]) / np.array([getattr(c, what) for c in good])


def within_sampling_error(share, rate):
    return abs(share - rate) <= 4 * np.sqrt(rate * (1 - rate) / FIELDS)


def draw(optics):
    return [draw_conditions((5, number), optics) for number in range(FIELDS)]


def test_a_field_is_always_taken_alike():
    first = draw_conditions((5, 1), Optics())
    assert first == draw_conditions((5, 1), Optics())
    assert first == draw_conditions((5, 1), Optics(bits=16))
    assert first != draw_conditions((5, 2), Optics())
    assert first != draw_conditions((6, 1), Optics())


def test_well_taken_fields_are_sharp_bright_pure_and_even(good):
    blur = np.array([c.blur_um for c in good])
    # The resolution of a confocal microscope: 0.16 to 0.4 um full width at half the height.
    assert 0.065 < blur.min() < blur.max() < 0.2
    peaks = np.array([c.peaks for c in good])
    assert 150 < peaks.min() < peaks.max() <= 255
    assert all(set(c.leaks.values()) == {0} for c in good)
    assert {c.fall for c in good} == {0}


@pytest.mark.parametrize("rate", [0.05, 0.3, 1.0])
def test_dim_fields_have_one_channel_much_too_dark(good, rate):
    darker = factors(draw(replace(WELL, dim=rate)), good, "peaks")
    changed = np.any(~np.isclose(darker, 1), axis=1)
    assert within_sampling_error(changed.mean(), rate)
    assert np.all(np.sum(~np.isclose(darker[changed], 1), axis=1) == 1)
    assert np.all((darker[changed].min(axis=1) >= 0.15) & (darker[changed].min(axis=1) <= 0.5))
    assert set(np.argmin(darker[changed], axis=1)) == {0, 1, 2, 3}
    # Less light, not less amplification: the photons are as few.
    assert factors(draw(replace(WELL, dim=rate)), good, "photons") == pytest.approx(darker)


@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_saturated_fields_have_one_channel_too_bright(good, rate):
    brighter = factors(draw(replace(WELL, saturated=rate)), good, "peaks")
    changed = np.any(~np.isclose(brighter, 1), axis=1)
    assert within_sampling_error(changed.mean(), rate)
    assert np.all(np.sum(~np.isclose(brighter[changed], 1), axis=1) == 1)
    assert np.all((brighter[changed].max(axis=1) >= 1.4) & (brighter[changed].max(axis=1) <= 3))


@pytest.mark.parametrize("rate", [0.05, 0.5])
def test_fields_out_of_focus_are_blurred_in_all_channels(good, rate):
    blurred = draw(replace(WELL, out_of_focus=rate))
    more = np.array([c.blur_um for c in blurred]) ** 2 - np.array([c.blur_um for c in good]) ** 2
    changed = np.all(more > 0.01, axis=1)
    assert within_sampling_error(changed.mean(), rate)
    assert np.allclose(more[~changed], 0)
    assert more[changed] == pytest.approx(np.repeat(more[changed][:, :1], 4, axis=1))
    assert np.sqrt(more[changed].min()) >= 0.2
    assert np.sqrt(more[changed].max()) <= 0.6


def test_default_rates():
    optics = Optics()
    conditions = draw(optics)
    dim_or_saturated = np.array([c.peaks for c in conditions])
    # The least peak of a good channel is 170; a dim one may be made brighter again.
    dim = np.any(dim_or_saturated < 170 * 0.75, axis=1).mean()
    assert 0.9 * optics.dim - 0.02 < dim < optics.dim + 0.02
    assert within_sampling_error(np.mean([max(c.blur_um) > 0.2 for c in conditions]), optics.out_of_focus)
    falls = np.array([c.fall for c in conditions])
    assert falls.mean() == pytest.approx(optics.uneven / 2, rel=0.1)
    assert falls.max() <= optics.uneven


def test_light_leaks_into_the_channel_that_lies_next_in_the_spectrum():
    conditions = draw(replace(WELL, bleed_through=0.1))
    red, green, blue, yellow = range(4)
    assert {pair for c in conditions for pair in c.leaks} == {(green, red), (blue, green), (red, yellow)}
    leaks = np.array([list(c.leaks.values()) for c in conditions])
    assert leaks.min() >= 0
    assert leaks.max() <= 0.1
    assert leaks.mean(axis=0) == pytest.approx([0.05] * 3, rel=0.1)


def test_an_exposure_is_the_channels_own():
    conditions = draw_conditions((5, 1), Optics())
    for channel in range(4):
        exposure = conditions.expose(channel, 0.7, np.random.default_rng(channel))
        assert (exposure.blur_um, exposure.peak) == (conditions.blur_um[channel], conditions.peaks[channel])
        assert (exposure.photons, exposure.full) == (conditions.photons[channel], 0.7)
        assert 0 < exposure.glow < 0.5
        assert 0 <= exposure.haze < 0.1
        assert 0 <= exposure.black < 0.1 * 255
    # Nothing but the nuclei holds the blue dye.
    haze = [[conditions.expose(c, 1.0, np.random.default_rng(s)).haze for s in range(50)] for c in (0, 2)]
    assert np.mean(haze[1]) < 0.5 * np.mean(haze[0])
