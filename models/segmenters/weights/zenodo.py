"""What a record of Zenodo says about its files."""

from dataclasses import dataclass
from typing import Any

import requests

from data.errors import InputError
from models.weights.resumed_download import HEADERS, TIMEOUT_S

API_URL = "https://zenodo.org/api/records"


@dataclass(frozen=True)
class RecordFile:
    """One file of a record: where to get it, its size in bytes, its checksum (``md5:...``), its licence."""

    url: str
    size: int
    checksum: str
    licence: str


def read_record(record: int, api_url: str = API_URL) -> dict[str, RecordFile]:
    """Ask Zenodo for the files of a record.

    Parameters
    ----------
    record
        Number of the record.
    api_url
        Where Zenodo's interface answers.

    Returns
    -------
    dict
        Files by their names.

    Raises
    ------
    InputError
        For an answer that is no record.
    requests.RequestException
        Where there is no answer.
    """
    url = f"{api_url}/{record}"
    response = requests.get(url, headers=HEADERS, timeout=TIMEOUT_S)
    if not response.ok:
        raise InputError(
            found=f"the server answers {response.status_code} {response.reason}",
            where=url,
            expected="the record of the published weights",
        )
    try:
        content = response.json()
        licence = _licence(content.get("metadata", {}))
        return {
            file["key"]: RecordFile(file["links"]["self"], int(file["size"]), _checksum(file), licence)
            for file in content["files"]
        }
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise InputError(
            found="an answer that is not a Zenodo record",
            where=url,
            expected="JSON with name, size, checksum and link of each file",
            advice="a proxy or a sign-in page may have answered instead",
        ) from error


def _checksum(file: dict[str, Any]) -> str:
    checksum = str(file["checksum"])
    return checksum if ":" in checksum else f"md5:{checksum}"


def _licence(metadata: dict[str, Any]) -> str:
    licence = metadata.get("license", "")
    return str(licence.get("id", "") if isinstance(licence, dict) else licence)
