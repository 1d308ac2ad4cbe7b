import numpy as np
import pytest

from data.fields.downscaling import WORKING_PIXEL_UM
from data.segmenter_training.augmentation import AugmentationSettings
from data.segmenter_training.field_crops import CropSettings, cut_crop
from data.segmenter_training.labelled_field import STAIN_SCALE, LabelledField
from data.segmenter_training.stand_ins import StandInSettings

STILL = AugmentationSettings(
    gain=0, gamma=0, haze=0, blur_px=0, noise=0, uneven_cells=0, gradient=0, debris=0,
    missing_er=0, missing_microtubules=0,
)  # fmt: skip
NO_STAND_INS = StandInSettings(er=0, protein=0)
PLAIN = CropSettings(size=64, scale=(1.0, 1.0), stretch=0, slant=0, photography=STILL, stand_ins=NO_STAND_INS)


def painted_field(side: int = 300, protein: int = 0) -> LabelledField:
    """Cells in a grid; each stain of a cell shows a grey value that belongs to its number."""
    rows, columns = np.mgrid[:side, :side]
    cells = ((rows // 50) * 6 + columns // 50 + 1).astype(np.int32)
    cells[(rows % 50 < 4) | (columns % 50 < 4)] = 0
    nuclei = np.where((abs(rows % 50 - 27) < 9) & (abs(columns % 50 - 27) < 9), cells, 0)
    stains = np.stack([cells * 5, cells * 3, nuclei * 5]).astype(np.uint8)
    known = (cells * protein).astype(np.uint8) if protein else None
    return LabelledField("painted", "real", stains, nuclei, cells, WORKING_PIXEL_UM / 2, known)


def test_image_and_labels_are_cut_at_the_same_place() -> None:
    field = painted_field()
    seen = set()
    for seed in range(20):
        crop = cut_crop(field, PLAIN, np.random.default_rng(seed))
        # At the rim of the crop depth does not know of borders beyond it.
        inner = np.s_[..., 4:-4, 4:-4]
        maps, weight = crop.targets.maps[inner], crop.targets.weight[inner]
        red, yellow = crop.stains[0][inner] * STAIN_SCALE / 5, crop.stains[1][inner] * STAIN_SCALE / 3
        inside = maps[4] > 0.25
        assert inside.any()
        # Away from borders every stain shows a whole cell's number.
        assert np.abs(red[inside] - np.rint(red[inside])).max() < 0.02
        assert np.allclose(yellow[inside], red[inside], atol=0.05)
        assert np.abs(red[(maps[2] == 0) & (weight > 0)]).max() < 32
        seen |= set(np.unique(np.rint(red[inside]).astype(int)))
    assert len(seen) > 20


@pytest.mark.parametrize(
    ("stand_ins", "protein", "factors"),
    [
        (StandInSettings(er=0, protein=1), 2, (2, 2)),
        (StandInSettings(er=1, protein=0), 2, (3, 3)),
        # Where the protein is not known, it cannot stand in.
        (StandInSettings(er=0, protein=1), 0, (5, 3)),
    ],
)
def test_what_stands_in_is_the_same_wherever_it_stands(
    stand_ins: StandInSettings, protein: int, factors: tuple[int, int]
) -> None:
    settings = PLAIN.model_copy(update={"stand_ins": stand_ins})
    crop = cut_crop(painted_field(protein=protein), settings, np.random.default_rng(3))
    inside = crop.targets.maps[4] > 0.25
    red, yellow = (
        stain[inside] * STAIN_SCALE / factor for stain, factor in zip(crop.stains, factors, strict=False)
    )
    assert np.abs(red - np.rint(red)).max() < 0.02
    np.testing.assert_allclose(red, yellow, atol=0.05)
    assert set(np.unique(np.rint(red))) <= set(range(37))


def test_what_stands_in_is_photographed_once_and_always_there() -> None:
    settings = CropSettings(size=64, stand_ins=StandInSettings(er=0.5, protein=0.5))
    for seed in range(40):
        crop = cut_crop(painted_field(protein=4), settings, np.random.default_rng(seed))
        assert np.array_equal(crop.stains[0], crop.stains[1])
        assert crop.stains[0].any()


def test_parts_of_the_crops_have_stand_ins() -> None:
    settings = CropSettings(size=64, photography=STILL, stand_ins=StandInSettings(er=0.25, protein=0.25))
    random, field = np.random.default_rng(0), painted_field(protein=4)
    crops = [cut_crop(field, settings, random).stains for _ in range(200)]
    alike = np.mean([np.array_equal(red, yellow) for red, yellow, _ in crops])
    assert 0.4 < alike < 0.6


def test_equal_states_give_equal_crops() -> None:
    field = painted_field()
    first, again = (cut_crop(field, CropSettings(size=64), np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(first.stains, again.stains)
    assert np.array_equal(first.targets.maps, again.targets.maps)


def test_what_lies_outside_the_field_is_unknown() -> None:
    field = painted_field(side=60)
    crop = cut_crop(field, PLAIN, np.random.default_rng(0))
    known = crop.targets.weight > 0
    # 60 stored pixels are 30 pixels of the crop.
    assert 0 < known.sum() <= 30 * 30 * 1.1


@pytest.mark.parametrize("scale", [0.5, 1.6])
def test_scale_enlarges_cells(scale: float) -> None:
    field = painted_field(side=600 if scale < 1 else 300)
    settings = PLAIN.model_copy(update={"scale": (scale, scale)})
    shares = []
    for seed in range(6):
        contact = cut_crop(field, settings, np.random.default_rng(seed)).targets.maps[1] > 0
        rows = contact.any(axis=1)
        shares.append(np.diff(np.flatnonzero(np.diff(rows.astype(int)) == 1)))
    periods = np.concatenate(shares)
    # Nuclei lie 50 stored pixels apart, which is 25 at scale 1.
    assert np.median(periods) == pytest.approx(25 * scale, rel=0.1)
