"""hpacells in Python: the names of this module are public; ``docs/python.md`` shows a session.

Nothing is loaded before a name is used, so that ``import hpacells`` takes milliseconds.
"""

import importlib
import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from data.cells.cells_table import measure_cells
    from data.channels import CHANNELS
    from data.errors import InputError
    from data.fields.field import Field
    from data.fields.image_folder import find_fields
    from data.labels.label_file import CLASS_NAMES, read_labels, write_labels
    from data.labels.label_set import LabelSet, read_label_set
    from data.masks.label_image import read_label_image
    from data.masks.rle import decode_mask, encode_label_image, encode_mask
    from data.predictions.submission import Submission, SubmissionRow, read_submission, write_submission
    from data.score.kaggle_map import Score, score
    from data.simulate.field import SimulatedField
    from data.simulate.single_field import simulate_field
    from data.tiles.field_tiles import FieldTiles, crop_cells
    from data.tiles.tile_store import TileStore
    from models.classifiers.cell_classifier import CellClassifier, load_classifier
    from models.segmenters.field_segmenter import FieldSegmenter, load_segmenter
    from models.segmenters.segmenter import SegmentedField
    from pipeline.runs.work import Work, open_work

    __version__: str

__all__ = [
    "CHANNELS",
    "CLASS_NAMES",
    "CellClassifier",
    "Field",
    "FieldSegmenter",
    "FieldTiles",
    "InputError",
    "LabelSet",
    "Score",
    "SegmentedField",
    "SimulatedField",
    "Submission",
    "SubmissionRow",
    "TileStore",
    "Work",
    "__version__",
    "crop_cells",
    "decode_mask",
    "encode_label_image",
    "encode_mask",
    "find_fields",
    "load_classifier",
    "load_segmenter",
    "measure_cells",
    "open_work",
    "read_label_image",
    "read_label_set",
    "read_labels",
    "read_submission",
    "score",
    "simulate_field",
    "write_labels",
    "write_submission",
]

_MODULES = {
    "data.cells.cells_table": ["measure_cells"],
    "data.channels": ["CHANNELS"],
    "data.errors": ["InputError"],
    "data.fields.field": ["Field"],
    "data.fields.image_folder": ["find_fields"],
    "data.labels.label_file": ["CLASS_NAMES", "read_labels", "write_labels"],
    "data.labels.label_set": ["LabelSet", "read_label_set"],
    "data.masks.label_image": ["read_label_image"],
    "data.masks.rle": ["decode_mask", "encode_label_image", "encode_mask"],
    "data.predictions.submission": ["Submission", "SubmissionRow", "read_submission", "write_submission"],
    "data.score.kaggle_map": ["Score", "score"],
    "data.simulate.field": ["SimulatedField"],
    "data.simulate.single_field": ["simulate_field"],
    "data.tiles.field_tiles": ["FieldTiles", "crop_cells"],
    "data.tiles.tile_store": ["TileStore"],
    "models.classifiers.cell_classifier": ["CellClassifier", "load_classifier"],
    "models.segmenters.field_segmenter": ["FieldSegmenter", "load_segmenter"],
    "models.segmenters.segmenter": ["SegmentedField"],
    "pipeline.runs.work": ["Work", "open_work"],
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}

_PACKAGES = ("data", "models", "stages", "pipeline", "configs")
"""hpacells' own packages, whose names a file beside a user's script may have, too."""


# Hidden from editors, so that they report names that do not exist.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """Load a public name when it is first used."""
        if name == "__version__":
            value: Any = importlib.import_module("importlib.metadata").version("hpacells")
        elif name in _HOMES:
            value = getattr(importlib.import_module(_HOMES[name]), name)
        else:
            message = f"module 'hpacells' has no attribute {name!r}"
            raise AttributeError(message)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    """Return the public names, also those that are not loaded yet."""
    return sorted({*globals(), *__all__})


def _claim_package(name: str) -> None:
    """See to it that ``import name`` finds hpacells' own package.

    A plain folder of that name, without ``__init__.py``, is passed over.

    Raises
    ------
    ImportError
        A module or package of the user has that name.
    """
    own = Path(__file__).resolve().with_name(name) / "__init__.py"
    loaded = sys.modules.get(name)
    spec = None if loaded else importlib.util.find_spec(name)
    found = getattr(loaded, "__file__", None) or (spec.origin if spec else None)
    if found and Path(found).resolve() == own:
        return
    if loaded or found:
        found = found or next(iter(getattr(loaded, "__path__", [])), f"a module {name!r}")
        message = (
            f"{found} has the name of hpacells' own package {name!r}, so that hpacells cannot be imported; "
            f"rename it, or start Python in a folder without it"
        )
        raise ImportError(message)
    package = importlib.util.spec_from_file_location(name, own, submodule_search_locations=[str(own.parent)])
    if package is None or package.loader is None:
        message = f"hpacells is not installed completely: {own} is missing"
        raise ImportError(message)
    module = importlib.util.module_from_spec(package)
    sys.modules[name] = module
    package.loader.exec_module(module)


for _name in _PACKAGES:
    _claim_package(_name)
