"""Import torchvision where its compiled operators do not fit the torch beside it.

The torchvision wheel of the package index is built for CUDA; beside a CPU build of torch its operators do not
load, and its import stops at the first operator whose schema is then unknown. timm and
segmentation-models-pytorch import torchvision, but use none of these operators.
"""

import importlib
import logging
import re
import sys
from types import ModuleType

import torch

log = logging.getLogger("hpacells")

_SCHEMAS = {
    "nms": "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}
_UNKNOWN_OPERATOR = re.compile(r"operator torchvision::(\w+) does not exist")

_libraries: list[torch.library.Library] = []
"""Libraries with our schemas: torch forgets them when they are collected."""


def import_torchvision() -> ModuleType:
    """Import torchvision; where an operator's schema is missing, declare it and import again.

    On a good build this is a plain import. It must come before the import of any library that imports
    torchvision itself.

    Raises
    ------
    RuntimeError, ImportError
        torchvision cannot be imported for any other reason.
    """
    try:
        return importlib.import_module("torchvision")
    except RuntimeError as error:
        unknown = _UNKNOWN_OPERATOR.search(str(error))
        if unknown is None or unknown.group(1) not in _SCHEMAS:
            raise
    log.debug("torchvision's operators do not fit this torch: declaring those that its import asks for")
    _declare_operators()
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]
    return importlib.import_module("torchvision")


def _declare_operators() -> None:
    # A library of fragments adds to the operators that there are; kept in a list, or torch drops its schemas.
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name, schema in _SCHEMAS.items():
        if not hasattr(torch.ops.torchvision, name):
            library.define(schema)
    _libraries.append(library)
