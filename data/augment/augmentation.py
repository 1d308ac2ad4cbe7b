"""Random changes of tiles that keep their class, by one of the sets."""

import random
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import Tag

from data.augment.alsubait2022 import Alsubait2022Augmentation
from data.augment.hpacells import HpacellsAugmentation
from data.augment.madeira2019 import Madeira2019Augmentation
from data.augment.rotate_mirror import RotateMirrorAugmentation
from data.augment.unchanged import NoAugmentation
from data.settings import kind_or

if TYPE_CHECKING:
    from data.augment.library import transforms

AugmentSettings: TypeAlias = Annotated[
    Annotated[HpacellsAugmentation, Tag("hpacells")]
    | Annotated[Alsubait2022Augmentation, Tag("alsubait2022")]
    | Annotated[Madeira2019Augmentation, Tag("madeira2019")]
    | Annotated[RotateMirrorAugmentation, Tag("rotate-mirror")]
    | Annotated[NoAugmentation, Tag("none")],
    kind_or("hpacells"),
]
"""How tiles are changed in training: one of the sets, by its ``kind``."""


class Augmentation:
    """Change one tile at a time; the same tile, settings and seed give the same result, in any thread.

    A channel stays that channel: channels get gains of their own, but are never mixed or exchanged. Planes
    that are masks go where the channels go (turned, cut, shifted, blacked out) and keep their values: light
    is not changed in them.

    Parameters
    ----------
    settings
        How much is changed.
    masks
        Numbers of the planes that are masks, not stains.
    """

    def __init__(self, settings: AugmentSettings, masks: Sequence[int] = ()) -> None:
        self._settings = settings
        self._masks = sorted(masks)
        self._local = threading.local()

    def __call__(self, tile: NDArray[np.uint8], seed: int) -> NDArray[np.uint8]:
        """Change a tile (S, S, C) uint8; the result has its shape and type."""
        pipeline = self._pipeline(tile.shape[0])
        # One source for all changes: if each had its own of the same seed, they would be drawn alike, and a
        # rare change would be made only together with all that are less rare.
        pipeline.set_random_state(np.random.default_rng(seed), random.Random(seed))  # noqa: S311
        if not self._masks:
            return np.ascontiguousarray(pipeline(image=tile)["image"]).reshape(tile.shape)
        return self._change_with_masks(pipeline, tile)

    def _change_with_masks(
        self, pipeline: "transforms.Compose", tile: NDArray[np.uint8]
    ) -> NDArray[np.uint8]:
        masks = self._masks
        stains = [plane for plane in range(tile.shape[2]) if plane not in masks]
        image = np.ascontiguousarray(tile[..., stains] if stains else np.zeros_like(tile[..., :1]))
        done = pipeline(image=image, mask=np.ascontiguousarray(tile[..., masks]))
        changed = np.empty_like(tile)
        if stains:
            changed[..., stains] = done["image"].reshape(image.shape)
        changed[..., masks] = done["mask"].reshape(*tile.shape[:2], len(masks))
        return changed

    def _pipeline(self, size: int) -> "transforms.Compose":
        from data.augment.library import transforms

        # A pipeline carries its random state, so each thread has its own.
        pipelines = self._local.__dict__.setdefault("pipelines", {})
        if size not in pipelines:
            changes = self._settings.list_transforms(size)
            pipelines[size] = transforms.Compose(changes, p=self._settings.probability)
        return pipelines[size]


def augment_tiles(
    tiles: NDArray[np.uint8], seeds: Sequence[int], augmentation: Augmentation
) -> NDArray[np.uint8]:
    """Change each of some tiles, (n, S, S, C) uint8, by its own seed."""
    changed = np.empty_like(tiles)
    for row, (tile, seed) in enumerate(zip(tiles, seeds, strict=True)):
        changed[row] = augmentation(tile, seed)
    return changed
