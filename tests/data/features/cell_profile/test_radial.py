import numpy as np
import pytest

from data.features.cell_profile.radial import measure_radial

ZONES = ["nucleus centre", "nucleus rim", *(f"ring {ring} of 4" for ring in range(1, 5))]


def nearest(points: np.ndarray, y: int, x: int) -> float:
    return float(np.sqrt(((points - (y, x)) ** 2).sum(axis=1).min()))


def test_zones_by_plain_distances(cell) -> None:
    tile, mask, nucleus = cell
    measured = measure_radial(tile, mask, nucleus)
    # What lies beyond the tile is outside the cell, too.
    outside = np.argwhere(~np.pad(mask, 1)) - 1
    beyond_nucleus, inner = np.argwhere(~nucleus), np.argwhere(nucleus)
    depths = {(y, x): nearest(beyond_nucleus, y, x) for y, x in inner}
    deepest = max(depths.values())
    values: dict[str, list[int]] = {zone: [] for zone in ZONES}
    for y, x in np.argwhere(mask):
        if nucleus[y, x]:
            zone = "nucleus centre" if depths[y, x] > deepest / 2 else "nucleus rim"
        else:
            way = nearest(inner, y, x)
            zone = f"ring {min(int(4 * way / (way + nearest(outside, y, x))), 3) + 1} of 4"
        values[zone].append(tile[1, y, x])
    mean = tile[1][mask].mean()
    for zone in ZONES:
        assert measured[f"green {zone}"] == pytest.approx(np.mean(values[zone]) / mean), zone


def test_protein_in_the_nucleus_alone(cell) -> None:
    tile, mask, nucleus = cell
    tile[1] = np.where(nucleus, 200, 0)
    measured = measure_radial(tile, mask, nucleus)
    assert measured["green nucleus centre"] == pytest.approx(mask.sum() / nucleus.sum())
    assert measured["green ring 1 of 4"] == 0


@pytest.mark.parametrize("lacking", ["nucleus", "light", "cell"])
def test_what_is_not_defined(cell, lacking: str) -> None:
    tile, mask, nucleus = cell
    if lacking == "light":
        tile[1] = 0
    nothing = np.zeros_like(mask)
    measured = measure_radial(
        tile, nothing if lacking == "cell" else mask, nothing if lacking == "nucleus" else nucleus
    )
    assert np.isnan(list(measured.values())).all()
