"""Tables of images: which gene's protein each shows, and by which antibody."""

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike

from data.errors import InputError
from data.tables.text_table import read_text_table

GENES = ("gene", "ensembl_ids", "ensembl_id", "ensembl", "gene_name", "gene_names", "gene name", "gene names")
ANTIBODIES = ("antibody", "antibody_id", "ab")
_IDS = ("id", "image_id", "imageid", "image", "filename")
_EXPECTED = "a table of the images with a column ID and a column Gene (or ensembl_ids, gene_names)"


@dataclass(frozen=True)
class StainedImage:
    """What an image shows.

    Attributes
    ----------
    image_id
        Its ID.
    genes
        Identifiers or names of the genes whose proteins the antibody binds.
    antibody
        The antibody, or empty.
    where
        File and line, for messages.
    """

    image_id: str
    genes: tuple[str, ...]
    antibody: str
    where: str


def read_stained_images(path: str | PathLike[str]) -> list[StainedImage]:
    """Read a table of images; letter case of its columns does not matter.

    Genes of one image are separated by commas, semicolons or ``|``. An image may be a path, as in the Human
    Protein Atlas' own tables: its ID is the last part, without a ``_`` at the end.

    Raises
    ------
    InputError
        The file is missing or lacks a column, or an ID is there twice.
    """
    table = read_text_table(path, _EXPECTED)
    image, gene = find_column(list(table.columns), _IDS), find_column(list(table.columns), GENES)
    if image is None or gene is None:
        missing = "gene" if image else "ID"
        raise InputError(
            found=f"no column of the images' {missing}s (found {','.join(table.columns)})",
            where=path,
            expected=_EXPECTED,
            advice="add the gene that each image shows: locations are those of genes",
        )
    antibody = find_column(list(table.columns), ANTIBODIES)
    found: dict[str, StainedImage] = {}
    for line, row in table.iterrows():
        where = f"{path}, line {line}"
        image_id = row[image].strip().replace("\\", "/").rpartition("/")[2].removesuffix("_")
        if image_id in found:
            raise InputError(
                found=f"image {image_id} is there a second time", where=where, expected="one row per image"
            )
        genes = row[gene].replace(";", ",").replace("|", ",").split(",")
        found[image_id] = StainedImage(
            image_id,
            tuple(dict.fromkeys(filter(None, (text.strip() for text in genes)))),
            row[antibody].strip() if antibody else "",
            where,
        )
    return list(found.values())


def find_column(columns: Sequence[str], names: tuple[str, ...]) -> str | None:
    """Return the column of a table that has the first of some names, in any letter case, or None."""
    by_name = {column.casefold(): column for column in reversed(columns)}
    return next((by_name[name] for name in names if name in by_name), None)
