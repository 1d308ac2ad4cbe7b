from dataclasses import fields, replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import ndimage

from data.labels.label_file import NEGATIVE
from data.simulate.field import FieldSettings, simulate_set_field
from data.simulate.patterns.immunostaining import (
    Staining,
    draw_staining,
    scatter_clusters,
    stain_unspecifically,
)
from data.simulate.patterns.protein import paint_protein

SIDE = 600


def window(px_per_um=12.5, side=SIDE):
    """A cell that fills its window, with its nucleus in the upper half."""
    nucleus = np.zeros((side, side), np.float32)
    nucleus[: side // 2] = 1.0
    return SimpleNamespace(
        mask=np.ones((side, side), bool),
        px_per_um=px_per_um,
        nucleus=nucleus,
        cytoplasm=1.0 - nucleus,
        thickness=np.full((side, side), 0.8, np.float32),
    )


def variance_after_blur(image, sigma_px):
    return float(np.var(ndimage.gaussian_filter(image.astype(float), sigma_px, mode="wrap")))


@pytest.mark.parametrize("per_um2", [5.0, 20.0, 80.0, 400.0])
@pytest.mark.parametrize("sigma_um", [0.11, 0.25])
def test_clusters_are_shot_noise_of_mean_1(per_um2, sigma_um):
    image = scatter_clusters(window(), per_um2, np.random.default_rng(1))
    clusters = per_um2 * (SIDE / 12.5) ** 2
    assert image.shape == (SIDE, SIDE)
    assert image.dtype == np.float32
    # Clusters of exponential brightness: twice the variance of equal ones.
    assert image.mean() == pytest.approx(1, abs=5 / clusters**0.5)
    expected = 2 / (4 * np.pi * sigma_um**2 * per_um2)
    assert variance_after_blur(image, 12.5 * sigma_um) == pytest.approx(expected, rel=0.12)


def test_a_square_micrometre_holds_as_many_clusters_whatever_the_pixel_size():
    variances = [
        variance_after_blur(scatter_clusters(window(scale), 40.0, np.random.default_rng(2)), 0.4 * scale)
        for scale in (6.25, 12.5)
    ]
    assert variances[0] == pytest.approx(variances[1], rel=0.2)


def test_clusters_do_not_depend_on_what_they_are_to_weigh():
    first, second = (scatter_clusters(window(), 40.0, np.random.default_rng(3)) for _ in range(2))
    other = scatter_clusters(window(), 40.0, np.random.default_rng(4))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


def test_unspecific_staining_has_the_antibodys_level_in_cytoplasm_and_nucleus():
    staining = Staining(50.0, 0.3, 0.6, 400.0, 0.0)
    cell = window(side=200)
    levels = []
    for seed in range(60):
        light = stain_unspecifically(cell, staining, np.random.default_rng(seed))
        levels.append((light[cell.cytoplasm > 0].mean(), light[cell.nucleus > 0].mean()))
    cytoplasm, nucleus = np.mean(levels, axis=0)
    assert cytoplasm == pytest.approx(0.8 * 0.3, rel=0.08)
    assert nucleus == pytest.approx(0.6 * cytoplasm, rel=0.08)
    # From cell to cell it varies by 0.7 to 1.3 times its level.
    assert 0.6 * 0.24 < np.min(levels, axis=0)[0] < 0.85 * 0.24
    assert 1.15 * 0.24 < np.max(levels, axis=0)[0] < 1.4 * 0.24


def test_few_clusters_of_unspecific_staining_are_grainier():
    cell = window(side=200)
    grain = [
        variance_after_blur(
            stain_unspecifically(cell, Staining(50.0, 0.3, 1.0, density, 0.0), np.random.default_rng(5)), 1.4
        )
        for density in (20.0, 200.0)
    ]
    assert grain[0] > 5 * grain[1]


def test_an_antibodys_draws_are_its_own_and_in_range():
    drawn = [draw_staining((7, number)) for number in range(2000)]
    assert drawn[3] == draw_staining((7, 3))
    assert drawn[3] != draw_staining((8, 3))
    values = {name.name: np.array([getattr(s, name.name) for s in drawn]) for name in fields(Staining)}
    assert all(len(np.unique(value)) > 100 for value in values.values())
    clusters = values["clusters_per_um2"]
    assert clusters.min() >= 6
    assert clusters.max() <= 600
    # Sharp and grainy antibodies both occur often: a factor of ten lies between the tenth and ninetieth.
    low, high = np.percentile(clusters, (10, 90))
    assert high / low > 5
    assert values["unspecific"].min() > 0
    # A pattern has a brightness of about 1: what is unspecific rarely reaches it.
    assert np.median(values["unspecific"]) < 0.3
    assert values["unspecific"].max() < 1
    assert 0.1 < values["spread"].min() < values["spread"].max() < 1


def test_all_cells_of_an_antibody_are_stained_alike_in_all_its_fields(monkeypatch):
    asked = []
    monkeypatch.setattr(
        "data.simulate.patterns.protein.draw_staining",
        lambda antibody: asked.append(antibody) or draw_staining(antibody),
    )
    settings = FieldSettings(shape=(260, 260), seed=9, fields_per_antibody=2)
    antibodies = []
    for index in range(4):
        asked.clear()
        field = simulate_set_field(index, settings)
        assert set(asked) == {(9, field.antibody)}
        antibodies.append(asked[0])
    assert antibodies[0] == antibodies[1] != antibodies[2] == antibodies[3]


def test_cells_differ_in_brightness_by_the_antibodys_spread(cells_of_line, monkeypatch):
    cell = cells_of_line("small")[0]
    even = Staining(50.0, 0.3, 1.0, 50.0, 0.0)
    ratios = []
    for number in range(50):
        own = replace(cell, key=(1, 2, number))
        lights = []
        for spread in (0.0, 0.5):
            monkeypatch.setattr(
                "data.simulate.patterns.protein.draw_staining", lambda _, s=spread: replace(even, spread=s)
            )
            lights.append(paint_protein(own, (NEGATIVE,)))
        stained = lights[0] > 0.1
        ratio = lights[1][stained] / lights[0][stained]
        assert np.ptp(ratio) < 1e-4 * ratio.mean()
        ratios.append(ratio.mean())
    assert np.std(np.log(ratios)) == pytest.approx(0.5, rel=0.35)
    assert np.mean(np.log(ratios)) == pytest.approx(0, abs=0.25)
