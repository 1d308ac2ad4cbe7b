"""Masks that are written otherwise than their field: in micrometres, or with rows and columns exchanged."""

import re
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from data.own_masks.notes import Notes
from data.own_masks.placement import doubt_placement

SIDE = 600
CENTRES = ((60, 90), (80, 300), (150, 520), (260, 130), (330, 400), (420, 60), (540, 250), (520, 470))


def draw(radius: int, shape: tuple[int, int] = (SIDE, SIDE), scale: float = 1.0) -> np.ndarray:
    labels = np.zeros(shape, np.uint16)
    for number, (y, x) in enumerate(CENTRES, 1):
        cv2.circle(labels, (int(x * scale), int(y * scale)), max(1, int(radius * scale)), number, -1)
    return labels


CELLS, NUCLEI = draw(45), draw(20)


def stain(nuclei: np.ndarray = NUCLEI, kind: type = np.uint8) -> np.ndarray:
    noise = np.random.default_rng(1).normal(20, 4, nuclei.shape)
    plane = cv2.GaussianBlur(np.where(nuclei > 0, 150.0, 0), (9, 9), 3) + noise
    return (plane.clip(0, 255) * (np.iinfo(kind).max // 255)).astype(kind)


def doubts(labels: np.ndarray, plane: np.ndarray | None = None) -> list[str]:
    notes = Notes()
    doubt_placement("A1", labels, stain() if plane is None else plane, notes)
    return notes.doubts()


@pytest.mark.parametrize("labels", [CELLS, NUCLEI])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_right_masks(labels: np.ndarray, kind: type) -> None:
    assert doubts(labels, stain(kind=kind)) == []


@pytest.mark.parametrize("kept", [1, 2, 4, 7])
def test_right_masks_of_some_cells_alone(kept: int) -> None:
    """As of somebody who drew a few cells, wherever these lie: the first ones are in no corner alone."""
    first = len(CENTRES) - kept
    labels = np.where(first < CELLS, CELLS, 0)
    assert doubts(labels) == []


def test_outlines_in_micrometres() -> None:
    [line] = doubts(draw(45, scale=0.08))
    assert line.startswith("of 1 field, such as A1 (within 45 x 47 of 600 x 600 px, ")
    assert line.endswith("outlines in micrometres do so: write them in px")
    assert doubts(draw(45, scale=0.3))
    assert not doubts(draw(45, scale=0.6))


def test_a_field_whose_nuclei_are_in_the_corner() -> None:
    """Nothing is wrong where the masks are there, too."""
    corner = draw(20, scale=0.3)
    assert doubts(draw(45, scale=0.3), stain(corner)) == []


@pytest.mark.parametrize(
    ("turn", "back"),
    [
        (np.transpose, "transposed"),
        (np.flipud, "mirrored top to bottom"),
        (np.fliplr, "mirrored left to right"),
        (lambda labels: np.rot90(labels, 2), "turned by 180 degrees"),
        (np.rot90, "turned by 90 degrees to the right"),
        (lambda labels: np.rot90(labels, -1), "turned by 90 degrees to the left"),
    ],
)
@pytest.mark.parametrize("labels", [CELLS, NUCLEI])
def test_masks_that_are_turned(
    turn: Callable[[np.ndarray], np.ndarray], back: str, labels: np.ndarray
) -> None:
    [line] = doubts(turn(labels))
    assert f"masks lie where the nuclei are only if they are {back};" in line
    assert re.search(r"(99|100)% then", line)


def test_a_field_that_is_no_square() -> None:
    """It can be upside down, but not transposed without another size."""
    cells, plane = draw(45, (560, 700)), stain(draw(20, (560, 700)))
    assert doubts(cells, plane) == []
    assert "mirrored top to bottom" in doubts(np.flipud(cells), plane)[0]


@pytest.mark.parametrize("level", [0, 20, 255])
def test_without_nuclei_nothing_is_said(level: int) -> None:
    noise = np.random.default_rng(1).integers(0, 3, (SIDE, SIDE))
    plane = np.clip(level + noise, 0, 255).astype(np.uint8)
    for labels in (CELLS, CELLS.T, draw(45, scale=0.08), CELLS * 0, CELLS * 0 + 1):
        assert doubts(labels, plane) == []
        assert doubts(labels, np.full_like(plane, level)) == []


def test_small_and_odd_sizes() -> None:
    for shape in ((1, 1), (1, 40), (3, 2)):
        assert doubts(np.ones(shape, np.uint16), np.zeros(shape, np.uint8)) == []


@pytest.mark.parametrize("start", ["000a6c98", "5c27f04c", "94e33c64", "a7faf0b4"])
def test_real_fields(shared: Path, start: str) -> None:
    [path] = (shared / "hpa/reference_masks").glob(f"{start}*_cells.png")
    cells = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    name = path.name.replace("_cells", "_blue")
    plane = cv2.imread(str(shared / "hpa/fields" / name), cv2.IMREAD_UNCHANGED)
    assert doubts(cells, plane) == []
    for turn in (np.transpose, np.flipud, np.fliplr, np.rot90):
        assert len(doubts(turn(cells), plane)) == 1
