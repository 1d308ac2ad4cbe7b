"""Downloading a published file, and comparing it with its checksum."""

import logging
from pathlib import Path
from typing import Any, cast

import pooch

from data.errors import InputError
from models.weights.resumed_download import ResumedDownload


def retrieve(url: str, checksum: str, name: str, folder: Path, downloader: ResumedDownload) -> Path:
    """Download a file into a folder under a name; it takes its place only once the checksum agrees.

    Parameters
    ----------
    url, checksum
        Its address, and its checksum such as ``md5:...``; empty where none is known.
    name, folder
        Name of the file, and where it is put.
    downloader
        Receives it.

    Raises
    ------
    requests.RequestException
        Several attempts in a row brought nothing; what was received is kept.
    InputError
        The checksum is wrong; the file is removed.
    """
    pooch.get_logger().setLevel(logging.WARNING)
    try:
        path = pooch.retrieve(url, checksum or None, name, folder, downloader=cast(Any, downloader))
    except ValueError as error:
        raise InputError(
            found="the checksum of what was downloaded is wrong",
            where=url,
            expected=checksum,
            advice="it was removed; try again, or find out what a proxy changes",
        ) from error
    return Path(path)
