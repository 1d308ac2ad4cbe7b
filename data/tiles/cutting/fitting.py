"""What a classifier sees of tiles, fitted to those that there are."""

from data.errors import InputError
from data.tiles.preparation import TileSettings
from data.tiles.tile_presets import FIELD, PRESETS, PresetTiles, are_alike, check_preset


def fit_tiles(
    settings: TileSettings, tiles: PresetTiles, where: object, user: object = "the classifier"
) -> TileSettings:
    """Return the settings with which a classifier takes some tiles.

    A classifier that takes whole tiles of a preset, at their full size, takes those of its like at their full
    size, too: ``subcell-640`` in place of ``subcell``.

    Parameters
    ----------
    settings
        Those of the classifier.
    tiles
        The tiles.
    where, user
        As for ``data.tiles.tile_presets.check_preset``.

    Raises
    ------
    InputError
        The tiles are of a preset that the classifier does not take, or fields of another size.
    """
    if settings.preset == FIELD == tiles.preset and settings.size != tiles.size:
        raise InputError(
            found=f"fields of {tiles.size} px",
            where=where,
            expected=f"fields of {settings.size} px, which {user} takes",
            advice="run `hpacells predict` with this classifier alone, which resizes them again",
        )
    whole = settings.preset != FIELD and settings.size == PRESETS[settings.preset].size and not settings.crop
    if settings.preset != tiles.preset and whole and are_alike(settings.preset, tiles.preset):
        return settings.model_copy(update={"preset": tiles.preset, "size": tiles.size})
    check_preset(tiles, settings.preset, where, user)
    return settings
