"""Fields that stand for all: their choice, their sizes, and totals estimated from them."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from data.fields.field import Field
from data.fields.image_folder import find_fields
from pipeline.engines.local import LocalEngine
from pipeline.plan.sampled_fields import SizedField, choose_evenly, estimate_total, read_sizes

CHANNELS = ("red", "green", "blue", "yellow")


def sized(*pixels: int) -> list[SizedField]:
    return [SizedField(Field(f"f{row}", {}), size) for row, size in enumerate(pixels)]


def test_fields_of_one_size_are_spread_over_the_folder() -> None:
    chosen = choose_evenly(sized(*[100] * 12), 4)
    assert [each.field.image_id for each in chosen] == ["f1", "f4", "f7", "f10"]


def test_sizes_are_spanned_and_the_largest_is_there() -> None:
    fields = sized(*range(1, 41), 1000)
    chosen = sorted(each.pixels for each in choose_evenly(fields, 4))
    assert chosen[-1] == 1000
    assert chosen[0] <= 6
    assert len(chosen) == 4


@given(st.lists(st.integers(1, 50), min_size=1, max_size=60), st.integers(1, 70))
def test_as_many_as_asked_each_once_in_the_folders_order(pixels: list[int], count: int) -> None:
    fields = sized(*pixels)
    chosen = choose_evenly(fields, count)
    assert len(chosen) == min(count, len(fields))
    places = [int(each.field.image_id[1:]) for each in chosen]
    assert places == sorted(set(places))
    assert max(each.pixels for each in chosen) == max(pixels)


def test_a_total_is_by_the_cells_per_pixel() -> None:
    estimate = estimate_total([(100, 10), (300, 30)], fields=10, pixels=5000)
    assert estimate.value == pytest.approx(500)
    assert estimate.relative_deviation == pytest.approx(0)


def test_its_deviation_is_that_of_many_drawn_samples() -> None:
    rng = np.random.default_rng(1)
    pixels = np.full(200, 1000)
    cells = rng.poisson(12, 200)
    totals, told = [], []
    for _ in range(2000):
        rows = rng.choice(200, 30, replace=False)
        found = list(zip(pixels[rows].tolist(), cells[rows].tolist(), strict=True))
        estimate = estimate_total(found, 200, int(pixels.sum()))
        totals.append(estimate.value)
        told.append(estimate.relative_deviation)
    assert np.mean(totals) == pytest.approx(cells.sum(), rel=0.01)
    assert np.mean(told) == pytest.approx(np.std(totals) / cells.sum(), rel=0.06)


def test_of_all_fields_nothing_is_unsure() -> None:
    assert estimate_total([(100, 3), (100, 9)], 2, 200).relative_deviation == 0
    assert estimate_total([(100, 3)], 1, 100).relative_deviation == 0


def test_one_field_of_many_says_little() -> None:
    assert estimate_total([(100, 3)], 50, 5000).relative_deviation == 1


def test_no_cells_at_all() -> None:
    assert estimate_total([(100, 0), (100, 0)], 5, 500).value == 0
    assert estimate_total([], 5, 500).value == 0


def test_sizes_are_read_and_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    for image_id, shape in (("A", (40, 60)), ("B", (20, 20)), ("C", (30, 30)), ("D", (30, 30))):
        for channel in CHANNELS:
            tifffile.imwrite(tmp_path / f"{image_id}_{channel}.tif", np.ones(shape, np.uint8))
    (tmp_path / "C_red.tif").write_bytes(b"not a TIFF at all")
    (tmp_path / "D_blue.tif").unlink()
    fields, failures = read_sizes(find_fields(tmp_path), CHANNELS, LocalEngine(workers=2))
    assert [(each.field.image_id, each.pixels) for each in fields] == [("A", 2400), ("B", 400)]
    assert [failure.where for failure in failures] == ["C", "D"]
    assert "C_red.tif" in failures[0].why
    assert "no blue channel" in failures[1].why
