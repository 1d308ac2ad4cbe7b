"""Reading what `hpacells inspect` writes."""

import base64
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray


def read_data(report: Path, name: str) -> Any:
    """Read a part of a report's data, which lies in a script."""
    text = (report / f"{name}.js").read_text(encoding="ascii")
    start = f"hpacells.receive({json.dumps(name)},"
    assert text.startswith(start)
    assert text.endswith(");\n")
    return json.loads(text[len(start) : -3])


def read_fields(report: Path) -> dict[str, dict[str, Any]]:
    """Read what is said of all fields, or groups, that could be shown; ID -> content with its ``page``."""
    parts = read_data(report, "data/report")["parts"]["fields"]
    entries = [entry for part in range(parts) for entry in read_data(report, f"data/fields_{part + 1}")]
    return {
        entry["id"]: entry | read_data(report, f"fields/{page}") | {"page": page}
        for page, entry in enumerate(entries, start=1)
        if not entry.get("failed")
    }


def name_classes(report: Path, labels: list[int]) -> list[str]:
    """Return the names of classes by their numbers."""
    names = read_data(report, "data/report")["classes"]
    return [names[label] for label in labels]


def decode_channel(report: Path, page: int, channel: str) -> NDArray[np.uint8]:
    """Decode the picture of a channel."""
    kind, data = read_data(report, f"fields/{page}_{channel}").split(";base64,")
    assert kind in ("data:image/jpeg", "data:image/png")
    return cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_UNCHANGED)
