"""How patterns are put together in a cell, and what an antibody adds; each pattern has a test of its own."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from data.labels.label_file import NEGATIVE, NUM_CLASSES
from data.simulate.patterns.immunostaining import Staining
from data.simulate.patterns.protein import PAINTERS, paint_protein
from data.simulate.random_streams import Stream, random_stream

DIFFUSE = {0, 6, 13, 16}
EVEN = Staining(1e4, 0.0, 1.0, 1e4, 0.0)


@pytest.fixture
def staining(monkeypatch):
    """Let every antibody stain in a way of the test's choice, without clusters."""

    def choose(chosen):
        monkeypatch.setattr("data.simulate.patterns.protein.draw_staining", lambda _: chosen)
        monkeypatch.setattr("data.simulate.patterns.protein.scatter_clusters", lambda *_: np.float32(1.0))
        monkeypatch.setattr(
            "data.simulate.patterns.immunostaining.scatter_clusters", lambda *_: np.float32(1.0)
        )

    return choose


def pattern(cell, label):
    style = random_stream(*cell.antibody, Stream.PROTEIN_STYLE, label)
    return PAINTERS[label](cell, style, cell.random(Stream.PROTEIN, label + 1))


def test_every_class_but_negative_has_a_painter():
    assert sorted(PAINTERS) == [label for label in range(NUM_CLASSES) if label != NEGATIVE]


def test_every_pattern_is_bright_in_its_cell_and_nowhere_else(cells_of_line, line):
    for label in PAINTERS:
        for cell in cells_of_line(line, divide=label == 11):
            light = pattern(cell, label)
            # Grain of more than four standard deviations takes a weak even staining below nothing.
            assert light.min() > -0.05
            assert light[~cell.mask].max(initial=0) == 0
            # As a lens of 0.11 um shows it.
            assert 0.2 < ndimage.gaussian_filter(light, 0.11 * cell.px_per_um).max() < 8, label


@pytest.mark.parametrize("classes", [(2, 13), (0, 7), (5, 14, 16), (4,), (10, 12), (6, 17)])
def test_a_cell_shows_all_its_classes_and_the_diffuse_ones_weaker(cells_of_line, staining, classes):
    staining(EVEN)
    for cell in cells_of_line("small"):
        light = paint_protein(cell, classes)
        patterns = np.stack([pattern(cell, label).ravel() for label in classes], axis=1)
        strengths, rest = np.linalg.lstsq(patterns.astype(float), light.ravel().astype(float))[:2]
        assert rest.sum() < 1e-6 * np.sum(light**2)
        for label, strength in zip(classes, strengths, strict=True):
            share = (1, 1) if len(classes) == 1 else (0.35, 0.6) if label in DIFFUSE else (0.8, 1.0)
            assert 0.7 * share[0] - 1e-3 <= strength <= 1.1 * share[1] + 1e-3


def test_a_negative_cell_shows_unspecific_staining_alone(cells_of_line, staining):
    cell = cells_of_line("small")[0]
    staining(EVEN)
    assert not paint_protein(cell, (NEGATIVE,)).any()
    staining(replace(EVEN, unspecific=0.2, unspecific_nucleus=0.5))
    light = paint_protein(cell, (NEGATIVE,))
    body = cell.thickness * np.where(cell.nucleus, 0.5, 1.0)
    ratios = light[body > 0.05] / body[body > 0.05]
    assert np.ptp(ratios) < 1e-3
    assert 0.7 * 0.2 <= ratios.mean() <= 1.3 * 0.2


def test_unspecific_staining_is_added_to_the_pattern(cells_of_line, staining):
    cell = cells_of_line("small")[0]
    staining(EVEN)
    clean = paint_protein(cell, (2,))
    staining(replace(EVEN, unspecific=0.2))
    assert paint_protein(cell, (2,)) - clean == pytest.approx(paint_protein(cell, (NEGATIVE,)), abs=1e-5)


def test_crowded_label_is_less_grainy(cells_of_line, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "data.simulate.patterns.protein.draw_staining", lambda _: replace(EVEN, clusters_per_um2=50.0)
    )

    def scatter(cell, per_um2, random):
        asked.append(per_um2)
        return np.float32(1.0)

    monkeypatch.setattr("data.simulate.patterns.protein.scatter_clusters", scatter)
    cell = cells_of_line("small")[0]
    for label in (16, 14, 2, 7):
        paint_protein(cell, (label,))
    assert asked[0] == asked[1] == 50
    assert asked[2] == asked[3] > 100


def test_cells_of_one_antibody_have_its_style_and_structures_of_their_own(observe):
    cells = observe((14,))
    half = len(cells) // 2
    assert len({round(float(c.green[c.cytoplasm].mean()), 5) for c in cells}) == len(cells)
    grain = np.array([c.grain for c in cells]).reshape(2, half)
    # What an antibody's cells have in common makes them more alike than two antibodies are.
    assert np.abs(grain[0] - grain[1]).mean() < np.abs(grain[0] - np.roll(grain[1], 1)).mean()


def test_another_class_changes_nothing_of_a_pattern(cells_of_line):
    cell = cells_of_line("small")[0]
    before = pattern(cell, 17)
    paint_protein(cell, (2, 14, 17))
    assert np.array_equal(pattern(cell, 17), before)
