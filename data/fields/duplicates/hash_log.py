"""A log of image hashes, from which an interrupted run takes those of the images that it has already read.

Format: JSON lines; the first is what the run depends on, each other a pair of image ID and hash. Half a line,
which a killed run may leave, is passed over.
"""

import json
from pathlib import Path


class HashLog:
    """Keep hashes as they are made; those of an interrupted run of the same key are there from the start.

    Parameters
    ----------
    path
        The file; ``remove`` it when the run is done.
    key
        What the run depends on; a log of another key is thrown away.

    Attributes
    ----------
    hashes
        Image ID -> hash, of all images so far.
    """

    def __init__(self, path: Path, key: str) -> None:
        self._path = path
        self.hashes = _read(path, key)
        if not self.hashes:
            path.write_text(json.dumps(key))

    def add(self, image_id: str, image_hash: str) -> None:
        """Write down the hash of an image, at once."""
        self.hashes[image_id] = image_hash
        with self._path.open("a") as file:
            # A line of its own, also after half a line that a killed run left.
            file.write("\n" + json.dumps([image_id, image_hash]))

    def remove(self) -> None:
        """Remove the file."""
        self._path.unlink(missing_ok=True)


def _read(path: Path, key: str) -> dict[str, str]:
    try:
        first, *lines = path.read_text().splitlines()
        if json.loads(first) != key:
            return {}
    except (OSError, ValueError):
        return {}
    hashes = {}
    for line in lines:
        try:
            image_id, image_hash = json.loads(line)
        except (TypeError, ValueError):
            continue
        hashes[image_id] = image_hash
    return hashes
