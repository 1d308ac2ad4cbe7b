"""Data as scripts: pages that are opened from disk may load a script, but read no other file."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np


def write_script(folder: Path, name: str, content: object) -> None:
    """Write ``<name>.js`` below a folder, which hands its content to the pages when it is loaded.

    Parameters
    ----------
    folder
        The report.
    name
        Name of the data, with ``/`` between folders.
    content
        Anything that JSON can hold; numpy's numbers and arrays, too. What is no number becomes null.
    """
    path = folder / f"{name}.js"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(_plain(content), separators=(",", ":"), allow_nan=False)
    path.write_text(f"hpacells.receive({json.dumps(name)},{text});\n", encoding="ascii")


def _plain(value: Any) -> Any:
    """Return a value in the types of JSON."""
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if value is None or isinstance(value, str | int):
        return value
    return str(value)
