"""Where the published weights of SubCell are kept, converted: the folder of a classifier for each."""

from pathlib import Path

from safetensors import SafetensorError, safe_open

from data.errors import InputError
from models.classifiers.backbones.subcell.names import SubCellName, Training, parse_name
from models.weights.folder import weights_folder

WEIGHTS = "model.safetensors"
DESCRIPTION = "model.toml"


PRETRAINED: dict[str, Training] = {"weights": "mae-contrast-supcon", "weights-vit-supcon": "vit-supcon"}
"""Setting ``backbone.pretrained`` -> training."""


def subcell_folder(name: SubCellName) -> Path:
    """Return where the classifier of some published weights belongs, whether it is there or not."""
    return weights_folder() / str(name)


def name_fetched(folder: Path) -> str | None:
    """Return the name of the published weights whose folder this is, or None."""
    name = parse_name(folder.name)
    return None if name is None or subcell_folder(name) != folder else str(name)


def is_fetched(name: SubCellName) -> bool:
    """Return whether the classifier of some published weights is there and whole."""
    folder = subcell_folder(name)
    try:
        # Opening it compares its size with what its header says.
        with safe_open(folder / WEIGHTS, framework="numpy"):
            return (folder / DESCRIPTION).is_file()
    except (SafetensorError, OSError):
        return False


def require_fetched(name: SubCellName) -> Path:
    """Return the folder of the classifier of some published weights.

    Raises
    ------
    InputError
        They are not fetched, or not whole.
    """
    folder = subcell_folder(name)
    if not is_fetched(name):
        raise InputError(
            found=f"the weights of {name} are not fetched",
            where=folder,
            expected=f"the converted weights, {WEIGHTS} and {DESCRIPTION}",
            advice=f"run `hpacells weights fetch {name}` (docs/subcell.md)",
        )
    return folder


def require_pretrained(backbone: str, pretrained: str) -> Path:
    """Return the folder of the weights that the settings ``backbone.name`` and ``backbone.pretrained`` mean.

    Raises
    ------
    InputError
        They are not fetched, or not whole.
    """
    return require_fetched(SubCellName(backbone.partition("-")[2], PRETRAINED[pretrained]))
