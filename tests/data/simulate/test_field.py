from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from data.labels.label_file import NEGATIVE, NUM_CLASSES
from data.simulate.antibodies import make_antibody
from data.simulate.field import FieldSettings, simulate_set_field
from data.simulate.geometry.cell_lines import CELL_LINES
from data.simulate.labelling.image_labels import image_classes

LINES = {line.name: line for line in CELL_LINES}


@pytest.fixture(scope="module")
def fields():
    """A field of every cell line, large enough for several cells."""
    common = FieldSettings(shape=(1200, 1200), seed=3)
    return {name: simulate_set_field(7, common, cell_line=line) for name, line in LINES.items()}


def same(first, second):
    return (
        np.array_equal(first.image, second.image)
        and np.array_equal(first.cells, second.cells)
        and np.array_equal(first.nuclei, second.nuclei)
        and first.cell_labels == second.cell_labels
        and first.image_labels == second.image_labels
    )


def test_same_seed_and_index_give_the_same_field():
    common = FieldSettings(shape=(300, 280), seed=5)
    first = simulate_set_field(2, common)
    simulate_set_field(3, common)
    assert same(first, simulate_set_field(2, common))
    assert not np.array_equal(first.image, simulate_set_field(3, common).image)
    other_seed = simulate_set_field(2, FieldSettings(shape=(300, 280), seed=6))
    assert not np.array_equal(first.image, other_seed.image)
    assert not np.array_equal(first.cells, other_seed.cells)


@settings(max_examples=12, deadline=None)
@given(
    st.integers(128, 330),
    st.integers(128, 330),
    st.sampled_from([0.05, 0.08, 0.16]),
    st.integers(0, 1000),
    st.integers(0, 100),
)
def test_any_size_gives_a_consistent_truth(height, width, pixel_size_um, seed, index):
    common = FieldSettings(shape=(height * 2, width * 2), pixel_size_um=pixel_size_um, seed=seed)
    field = simulate_set_field(index, common)
    assert field.image.shape == (4, height * 2, width * 2)
    assert field.image.dtype == np.uint8
    assert field.cells.shape == field.nuclei.shape == (height * 2, width * 2)
    assert field.cells.dtype == field.nuclei.dtype == np.uint16
    numbers = list(range(1, len(field.cell_labels) + 1))
    assert numbers
    assert [n for n in np.unique(field.cells) if n] == numbers
    assert [n for n in np.unique(field.nuclei) if n] == numbers
    assert np.array_equal(field.cells[field.nuclei > 0], field.nuclei[field.nuclei > 0])
    assert field.image_labels == image_classes(list(field.cell_labels))


@pytest.mark.parametrize("label", range(NUM_CLASSES))
def test_a_field_of_the_smallest_size_can_show_every_class(label):
    field = simulate_set_field(
        label, FieldSettings(shape=(130, 130), seed=1, negative_cells=0.0), classes=(label,)
    )
    assert field.image_labels == (label,)


@pytest.mark.parametrize("name", LINES)
def test_cells_and_nuclei_have_the_size_of_real_ones(fields, name):
    field = fields[name]
    areas = np.bincount(field.cells.ravel())[1:] * 0.08**2
    nuclei = np.bincount(field.nuclei.ravel())[1:] * 0.08**2
    inner = [n - 1 for n in range(1, len(areas) + 1) if not touches_border(field.cells == n)]
    assert inner
    assert 120 < np.median(areas[inner]) < 3000
    assert 50 < np.median(nuclei[inner]) < 300
    assert np.all(nuclei[inner] < 0.75 * areas[inner])
    assert 3 <= len(areas) <= 40


def touches_border(mask):
    return bool(mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any())


@pytest.mark.parametrize("name", LINES)
def test_some_cells_are_cut_by_the_border_and_some_touch(fields, name):
    cells = fields[name].cells
    assert any(touches_border(cells == n) for n in range(1, cells.max() + 1))
    side_by_side = (cells[1:] != cells[:-1]) & (cells[1:] > 0) & (cells[:-1] > 0)
    assert np.count_nonzero(side_by_side) > 20


def test_cells_are_in_one_piece_but_where_the_border_cuts_them(fields):
    for field in fields.values():
        padded = np.pad(field.cells, 1)
        for number in range(1, field.cells.max() + 1):
            mask = padded == number
            if not touches_border(mask[1:-1, 1:-1]):
                assert ndimage.label(mask)[1] == 1


def test_lines_differ_in_shape_and_density(fields):
    covered = {name: np.mean(field.cells > 0) for name, field in fields.items()}
    assert covered["dense sheet"] > 0.75
    assert covered["small"] < 0.75
    areas = {name: np.median(np.bincount(f.cells.ravel())[1:]) for name, f in fields.items()}
    assert areas["small"] < 0.7 * areas["sparse"]
    assert elongation(fields["spindly"]) > 1.4 * elongation(fields["dense sheet"])


def elongation(field):
    ratios = []
    for number in range(1, field.cells.max() + 1):
        mask = field.cells == number
        if not touches_border(mask):
            eigenvalues = np.linalg.eigvalsh(np.cov(np.nonzero(mask)))
            ratios.append(np.sqrt(eigenvalues[1] / eigenvalues[0]))
    return np.median(ratios)


def test_outlines_are_no_ellipses(fields):
    for field in fields.values():
        overlaps = [
            overlap_with_ellipse(field.cells == number)
            for number in range(1, field.cells.max() + 1)
            if not touches_border(field.cells == number)
        ]
        assert np.mean(overlaps) < 0.93


def overlap_with_ellipse(mask):
    """Intersection over union of a mask and the ellipse of the same moments."""
    places = np.argwhere(mask)
    inverse = np.linalg.inv(np.cov(places.T))
    offsets = np.stack(np.indices(mask.shape), axis=-1) - places.mean(axis=0)
    ellipse = np.einsum("hwi,ij,hwj->hw", offsets, inverse, offsets) < 4
    return np.count_nonzero(mask & ellipse) / np.count_nonzero(mask | ellipse)


def test_the_measure_of_ellipses_knows_one():
    y, x = np.mgrid[-50:51, -80:81]
    assert overlap_with_ellipse((y / 40) ** 2 + (x / 70) ** 2 < 1) > 0.98


@pytest.mark.parametrize("name", LINES)
def test_stains_lie_where_they_should(fields, name):
    field = fields[name]
    red, _, blue, yellow = field.image.astype(float)
    nucleus = field.nuclei > 0
    cytoplasm = (field.cells > 0) & ~nucleus
    background = ndimage.binary_erosion(field.cells == 0, iterations=25)
    assert blue[nucleus].mean() > 8 * blue[cytoplasm].mean()
    assert red[cytoplasm].mean() > 1.8 * red[nucleus].mean()
    assert yellow[cytoplasm].mean() > 1.05 * yellow[nucleus].mean()
    for channel in (red, blue, yellow):
        assert 100 <= np.percentile(channel, 99.98) <= 255
        # Part of what is no cell of the truth is a cell whose nucleus is out of sight.
        assert np.percentile(channel[background], 10) < 10
    ring = ndimage.binary_dilation(nucleus, iterations=25) & cytoplasm
    assert yellow[ring].mean() > 1.2 * yellow[cytoplasm & ~ring].mean()


def test_cells_differ_in_brightness(fields):
    _, _, blue, _ = fields["dense sheet"].image
    nuclei = fields["dense sheet"].nuclei
    means = ndimage.mean(blue, nuclei, range(1, nuclei.max() + 1))
    assert np.std(means) / np.mean(means) > 0.08


def test_field_of_several_labels_has_cells_that_lack_some():
    common = FieldSettings(shape=(1024, 1024), seed=2, missing_patterns=0.4, negative_cells=0.2)
    field = simulate_set_field(0, common, classes=(0, 7, 14), cell_line=LINES["dense sheet"])
    assert field.image_labels == (0, 7, 14)
    assert any(labels != (0, 7, 14) and labels != (NEGATIVE,) for labels in field.cell_labels)
    assert (NEGATIVE,) in field.cell_labels


def test_dividing_cells_are_round_and_their_chromosomes_bright():
    field = simulate_set_field(
        5,
        FieldSettings(shape=(1024, 1024), seed=9, mitotic_fraction=0.5),
        classes=(11,),
        cell_line=LINES["sparse"],
    )
    dividing = [n for n, labels in enumerate(field.cell_labels, start=1) if labels == (11,)]
    resting = [n for n, labels in enumerate(field.cell_labels, start=1) if labels == (NEGATIVE,)]
    assert dividing
    assert len(dividing) + len(resting) == len(field.cell_labels)
    blue = field.image[2]
    assert (
        ndimage.mean(blue, field.nuclei, dividing).mean()
        > 1.3 * ndimage.mean(blue, field.nuclei, resting).mean()
    )
    for number in dividing:
        mask = field.cells == number
        if not touches_border(mask):
            eigenvalues = np.linalg.eigvalsh(np.cov(np.nonzero(mask)))
            assert np.sqrt(eigenvalues[1] / eigenvalues[0]) < 1.45
            assert np.count_nonzero(field.nuclei == number) < 0.3 * np.count_nonzero(mask)


def test_cells_antibody_and_labels_of_a_set_as_at_kaggle():
    common = FieldSettings(
        shape=(400, 400),
        seed=6,
        labels="kaggle",
        even_share=0.5,
        fields_per_antibody=2,
        cell_lines=("spindly", "small"),
        wrong_labels=0.5,
    )
    made = [simulate_set_field(index, common) for index in range(12)]
    assert [field.antibody for field in made] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    for first, second in zip(made[::2], made[1::2], strict=True):
        assert {first.cell_line, second.cell_line} == {"spindly", "small"}
        assert set(first.image_labels) <= set(make_antibody(first.antibody, common).classes) | {NEGATIVE}
    for field in made:
        assert field.image_labels == image_classes(list(field.cell_labels))
    assert {field.given_labels == field.image_labels for field in made} == {True, False}
    right = simulate_set_field(3, replace(common, wrong_labels=0.0))
    assert right.given_labels == right.image_labels
    assert np.array_equal(right.image, made[3].image)


def test_few_cells_of_a_spindle_field_divide_and_others_show_its_other_classes():
    common = FieldSettings(shape=(1024, 1024), seed=2, labels="kaggle", mitotic_fraction=0.03)
    field = simulate_set_field(1, common, classes=(11, 16), cell_line=LINES["small"])
    dividing = [labels for labels in field.cell_labels if labels == (11,)]
    assert 1 <= len(dividing) <= 3
    assert sum(labels == (16,) for labels in field.cell_labels) > 0.6 * len(field.cell_labels)
    assert field.image_labels == (11, 16)
