"""Where on this machine the copy of a folder at a URL lies."""

import hashlib
from pathlib import Path
from urllib.parse import urlsplit

from data.cache_folder import cache_folder
from data.place_names import set_place_name

_KEY_LENGTH = 8


def locate_copy(kind: str, place: str, label: str) -> Path:
    """Return the folder of a copy, which messages call by its URL; it need not exist.

    Parameters
    ----------
    kind
        What it is a copy of: "images" or "work".
    place
        Text that tells the place from others.
    label
        Its URL without secrets, whose folders are those of the copy, too.
    """
    url = urlsplit(label)
    # Of the place without its path, so that folders inside each other are so here, too.
    origin = place.replace(label, "")
    key = hashlib.sha256(f"{origin} {url.netloc}".encode()).hexdigest()[:_KEY_LENGTH]
    top = cache_folder() / "storage" / kind / f"{url.scheme}-{key}" / (url.netloc or "_")
    set_place_name(str(top), f"{url.scheme}://{url.netloc}")
    return top.joinpath(*(part for part in url.path.split("/") if part not in ("", ".", "..")))
