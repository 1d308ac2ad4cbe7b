"""The published weights that can be fetched, from `weights.toml`."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from data.errors import InputError


@dataclass(frozen=True)
class PublishedWeights:
    """One published file.

    Attributes
    ----------
    name
        Our name, also that of the converted file.
    network
        The network that it belongs to, and that fetches it on the command line.
    file
        What it is called where it is published.
    finds
        What the network with these weights finds.
    doi, record
        DOI of its publication, and the number of Zenodo's record.
    megabytes
        Size, near enough to plan with.
    """

    name: str
    network: str
    file: str
    finds: str
    doi: str
    record: int
    megabytes: int


@cache
def read_catalogue() -> dict[str, PublishedWeights]:
    """Return every published file by our name."""
    networks = tomllib.loads(
        files("models.segmenters.weights").joinpath("weights.toml").read_text(encoding="utf-8")
    )
    return {
        name: PublishedWeights(
            name, network, doi=of["doi"], record=of["record"], megabytes=of["megabytes"], **file
        )
        for network, of in networks.items()
        for name, file in of["files"].items()
    }


def find_published(name: str) -> PublishedWeights:
    """Return the published file of a name.

    Raises
    ------
    InputError
        For a name that the catalogue does not have.
    """
    catalogue = read_catalogue()
    if name not in catalogue:
        raise InputError(found=f"no weights {name!r}", where="weights", expected=" or ".join(catalogue))
    return catalogue[name]


def names_of_network(network: str) -> list[str]:
    """Return the names of all files of a network.

    Raises
    ------
    InputError
        For a network that the catalogue does not have.
    """
    names = [name for name, published in read_catalogue().items() if published.network == network]
    if not names:
        known = " or ".join(sorted({published.network for published in read_catalogue().values()}))
        raise InputError(
            found=f"no network {network!r} with published weights", where="weights", expected=known
        )
    return names
