from pathlib import Path

import pytest

from data.errors import InputError
from data.labels.stained_images import read_stained_images


def write(folder: Path, text: str) -> Path:
    path = folder / "images.csv"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    "text",
    [
        "ID,Gene,Antibody\n1_A1_1,ENSG1,HPA1\n",
        "image_id;gene_names;antibody\n1_A1_1;ENSG1;HPA1\n",
        "filename,antibody,ensembl_ids\n/archive/1/1_A1_1_,HPA1,ENSG1\n",
        "Image\tAb\tGene name\n1_A1_1\tHPA1\t ENSG1 \n",
    ],
)
def test_columns(tmp_path: Path, text: str) -> None:
    [image] = read_stained_images(write(tmp_path, text))
    assert (image.image_id, image.genes, image.antibody) == ("1_A1_1", ("ENSG1",), "HPA1")
    assert image.where.endswith("line 2")


def test_several_genes(tmp_path: Path) -> None:
    images = read_stained_images(write(tmp_path, 'ID,Gene\na,"X,Y"\nb,X;Y;X\nc,\n'))
    assert [image.genes for image in images] == [("X", "Y"), ("X", "Y"), ()]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ID,Antibody\na,HPA1\n", "no column of the images' genes"),
        ("Name,Gene\na,X\n", "no column of the images' IDs"),
        ("ID,Gene\na,X\na,Y\n", "line 3: image a is there a second time"),
    ],
)
def test_what_is_needed(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        read_stained_images(write(tmp_path, text))
    assert message in str(error.value)
