"""Locations of genes as the Human Protein Atlas publishes them, ``subcellular_location.tsv``, as classes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from os import PathLike

from data.errors import InputError
from data.labels.label_set import LabelSet
from data.tables.text_table import read_text_table

RELIABILITIES = ("enhanced", "supported", "approved", "uncertain")
"""How sure the Human Protein Atlas is of a location, surest first."""

_GENE, _NAME, _RELIABILITY = "Gene", "Gene name", "Reliability"
_LOCATIONS = ("Main location", "Additional location", "Other location")
_EXPECTED = "HPA's subcellular_location.tsv (columns Gene, Gene name, Reliability, Main location ...)"

_MERGED = {
    "focal adhesion sites": "actin filaments",
    "centriolar satellite": "centrosome",
    "cell junctions": "plasma membrane",
    "nucleoli rim": "nucleoli",
    **dict.fromkeys(
        ("vesicles", "peroxisomes", "endosomes", "lysosomes", "lipid droplets", "cytoplasmic bodies"),
        "vesicles and punctate cytosolic patterns",
    ),
    "no staining": "negative",
}
"""Locations that are part of a class, as the organisers of the Kaggle competition of 2021 merged them.

Their table lacks the rim of nucleoli, which is part of these, as SubCell's authors group it, too.
"""


@dataclass(frozen=True)
class GeneLocations:
    """The locations of a gene's protein that are sure enough.

    Attributes
    ----------
    gene, name
        Ensembl's identifier, and the gene's name.
    locations
        Names of the locations, as the Human Protein Atlas has them.
    unsure
        Those that were left out because they are not sure enough.
    """

    gene: str
    name: str
    locations: tuple[str, ...]
    unsure: tuple[str, ...] = ()


def is_location_table(columns: Iterable[str]) -> bool:
    """Check whether the columns of a table are those of ``subcellular_location.tsv`` of any year."""
    names = set(columns)
    return _GENE in names and bool(names & {_RELIABILITY, *_LOCATIONS})


def read_gene_locations(
    path: str | PathLike[str], reliability: Sequence[str]
) -> dict[str, list[GeneLocations]]:
    """Read the locations of genes.

    Where the file says how sure each location is (columns ``Enhanced``, ``Supported``, ``Approved`` and
    ``Uncertain``), that decides; else how sure the gene's are together (column ``Reliability``).

    Parameters
    ----------
    path
        ``subcellular_location.tsv``, or that of former years.
    reliability
        Those of ``RELIABILITIES`` that are sure enough.

    Returns
    -------
    dict
        Identifier or name of a gene, in small letters -> its rows; a name may be that of several genes.

    Raises
    ------
    InputError
        The file is missing or is no such table.
    """
    table = read_text_table(path, _EXPECTED)
    of_each = {name: name.capitalize() for name in RELIABILITIES if name.capitalize() in table.columns}
    if not is_location_table(table.columns) or not (of_each or _RELIABILITY in table.columns):
        raise InputError(
            found=f"no columns Gene and Reliability (found {','.join(table.columns)})",
            where=path,
            expected=_EXPECTED,
        )
    genes: dict[str, list[GeneLocations]] = {}
    for row in table.to_dict("records"):
        gene = _read_gene({str(name): value for name, value in row.items()}, of_each, reliability)
        for key in dict.fromkeys((gene.gene.casefold(), gene.name.casefold())):
            if key:
                genes.setdefault(key, []).append(gene)
    return genes


def find_classes(locations: Iterable[str], label_set: LabelSet) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Return the classes of locations, ascending and each once, and the locations that no class has."""
    classes, others = set(), []
    for location in locations:
        number = label_set.find(location)
        if number is None:
            number = label_set.find(_MERGED.get(location.casefold(), ""))
        if number is None:
            others.append(location)
        else:
            classes.add(number)
    return tuple(sorted(classes)), tuple(others)


def _read_gene(row: dict[str, str], of_each: dict[str, str], reliability: Sequence[str]) -> GeneLocations:
    if of_each:
        sure = _split(*(row[column] for name, column in of_each.items() if name in reliability))
        unsure = _split(*(row[column] for name, column in of_each.items() if name not in reliability))
    else:
        told = _split(*(row.get(column, "") for column in _LOCATIONS))
        is_sure = row[_RELIABILITY].strip().casefold() in reliability
        sure, unsure = (told, ()) if is_sure else ((), told)
    return GeneLocations(row[_GENE].strip(), row.get(_NAME, "").strip(), sure, unsure)


def _split(*texts: str) -> tuple[str, ...]:
    names = (name.strip() for text in texts for name in text.split(";"))
    return tuple(dict.fromkeys(filter(None, names)))
