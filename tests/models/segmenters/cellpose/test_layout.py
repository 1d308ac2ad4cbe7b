import importlib

import pytest
import torch

from models.segmenters.cellpose import package
from models.segmenters.cellpose.layout import check_layout, expected_shapes


def test_the_layout_is_that_of_the_installed_package(model: str) -> None:
    package._import_models()
    with torch.device("meta"):
        if model == "cyto3":
            made = importlib.import_module("cellpose.resnet_torch").CPnet([2, 32, 64, 128, 256], 3, 3)
        else:
            made = importlib.import_module("cellpose.vit").CPSAM()
    shapes = {name: tuple(entry.shape) for name, entry in made.state_dict().items()}
    assert shapes == expected_shapes(model)


def test_entries_that_older_files_lack_are_not_needed_and_others_are_named(tmp_path) -> None:
    shapes = expected_shapes("cpsam")
    kept = {name: shape for name, shape in shapes.items() if not name.startswith("diam")}
    assert check_layout(tmp_path, kept | {"head.weight": (3,)}, "cpsam") == ["head.weight"]
    with pytest.raises(Exception, match=r"1 missing: W2; expected the 3\d\d entries of cellpose's cpsam"):
        check_layout(tmp_path, {name: shape for name, shape in shapes.items() if name != "W2"}, "cpsam")
    with pytest.raises(Exception, match=r"out.bias \(3, not 192\)"):
        check_layout(tmp_path, shapes | {"out.bias": (3,)}, "cpsam")
    with pytest.raises(Exception, match=r"\d+ missing"):
        check_layout(tmp_path, expected_shapes("cyto3"), "cpsam")
