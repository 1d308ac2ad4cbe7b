"""JSON files with a hash of their content, so that damage which still is JSON is noticed."""

import hashlib
import json
from pathlib import Path
from typing import Any

_HASH, _CONTENT = "sha256", "content"


def format_hashed(content: Any) -> str:
    """Format a value as JSON, together with its hash."""
    return json.dumps({_HASH: _hash(content), _CONTENT: content}, indent=1)


def read_hashed(path: Path) -> Any | None:
    """Read a value; None where the file is missing or damaged. Files of older versions have no hash."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    if not isinstance(found, dict) or _CONTENT not in found:
        return found
    return found[_CONTENT] if found.get(_HASH) == _hash(found[_CONTENT]) else None


def _hash(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
