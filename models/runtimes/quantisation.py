"""Fitting a network of OpenVINO to int8, on inputs of the user's own."""

import contextlib
import io
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.runtimes.openvino_library import import_nncf


def quantise(model: Any, inputs: Sequence[NDArray[np.generic]], *, is_transformer: bool = False) -> Any:
    """Return a network in int8 whose ranges are those that it has on some inputs.

    Parameters
    ----------
    model
        Network of OpenVINO with one input.
    inputs
        One or more arrays in the shape of that input.
    is_transformer
        Whether it has attention, which is quantised by other rules.
    """
    nncf = import_nncf()
    kind = nncf.ModelType.TRANSFORMER if is_transformer else None
    # Its progress bars go to standard output, which is for results.
    shown = sys.stderr if sys.stderr.isatty() else io.StringIO()
    with contextlib.redirect_stdout(shown):
        return nncf.quantize(model, nncf.Dataset(list(inputs)), model_type=kind, subset_size=len(inputs))
