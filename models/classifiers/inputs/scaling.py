"""Grey values of tiles, scaled to 0..1 by their own minimum and maximum."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    # Settings use the type below, and must not wait for torch.
    from torch import Tensor

Scaling = Literal["fixed", "cell", "channel"]
"""By the mean and deviation of all tiles, or by the minimum and maximum of a tile or of each channel."""

SCALING_DESCRIPTION = (
    "how grey values are scaled: fixed (mean and deviation of all training tiles), cell (minimum and maximum "
    "over all channels of a tile) or channel (minimum and maximum of each channel of a tile)"
)

_EPSILON = 1e-6


def scale_by_range(
    tiles: "Tensor", scaling: Literal["cell", "channel"], mask_planes: Sequence[int] = ()
) -> "Tensor":
    """Scale each tile to 0..1 by (x - minimum) / (maximum - minimum + 1e-6), as SubCell was trained.

    Parameters
    ----------
    tiles
        (N, C, H, W), grey values 0..255.
    scaling
        Whether minimum and maximum are those of a tile or of each of its channels.
    mask_planes
        Numbers of the channels that are masks, 0 or 255; they do not count for the minimum and maximum.

    Returns
    -------
    Tensor (N, C, H, W)
        float32; zeros where minimum and maximum are equal.
    """
    tiles = tiles.float()
    if scaling == "channel":
        return _scale(tiles, tiles)
    stains = [plane for plane in range(tiles.shape[1]) if plane not in mask_planes]
    if len(stains) == tiles.shape[1]:
        return _scale(tiles, tiles, dims=(1, 2, 3))
    scaled = _scale(tiles, tiles[:, stains], dims=(1, 2, 3)) if stains else tiles / 255
    planes = list(mask_planes)
    scaled[:, planes] = tiles[:, planes] / 255
    return scaled


def _scale(tiles: "Tensor", measured: "Tensor", dims: tuple[int, ...] = (2, 3)) -> "Tensor":
    least, most = measured.amin(dims, keepdim=True), measured.amax(dims, keepdim=True)
    return (tiles - least) / (most - least + _EPSILON)
