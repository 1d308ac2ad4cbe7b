"""The published weights of cellpose that can be used, from `weights.toml`."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from data.errors import InputError

PREFIX = "cellpose-"
"""How the names begin by which the command line knows these weights."""


@dataclass(frozen=True)
class PublishedCellpose:
    """One published file.

    Attributes
    ----------
    model
        cellpose's name of the network, which is also that of the file.
    url
        Where users find it.
    cellpose
        Major version of the package that runs it.
    megabytes
        Size, near enough to plan with.
    finds, licence
        What it finds from which stains, and what is known of its licence.
    """

    model: str
    url: str
    cellpose: int
    megabytes: int
    finds: str
    licence: str

    @property
    def network(self) -> str:
        """Its name on the command line."""
        return f"{PREFIX}{self.model}"


@cache
def read_published() -> dict[str, PublishedCellpose]:
    """Return every published file by the name of its network, the one to prefer first."""
    text = files("models.segmenters.cellpose").joinpath("weights.toml").read_text(encoding="utf-8")
    return {model: PublishedCellpose(model, **entry) for model, entry in tomllib.loads(text).items()}


def find_network(network: str) -> PublishedCellpose:
    """Return the published file that a name on the command line means, such as ``"cellpose-cyto3"``.

    Raises
    ------
    InputError
        For any other name.
    """
    for published in read_published().values():
        if published.network == network:
            return published
    known = ["dpn-unet", *(published.network for published in read_published().values())]
    raise InputError(
        found=f"no network {network!r} with published weights",
        where="weights",
        expected=" or ".join(known),
    )
