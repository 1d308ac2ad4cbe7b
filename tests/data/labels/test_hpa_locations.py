from pathlib import Path

import pytest

from data.errors import InputError
from data.labels.hpa_locations import find_classes, read_gene_locations
from data.labels.label_file import read_labels
from data.labels.label_set import HPA2021, read_label_set

HEADER = (
    "Gene\tGene name\tReliability\tMain location\tAdditional location\tExtracellular location\tEnhanced\t"
    "Supported\tApproved\tUncertain\tGO id"
)
SURE = ("enhanced", "supported", "approved")


def write(folder: Path, *lines: str) -> Path:
    path = folder / "subcellular_location.tsv"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def locations(tmp_path: Path) -> Path:
    return write(
        tmp_path,
        HEADER,
        "ENSG1\tAAA\tSupported\tNucleoplasm;Cytosol\tVesicles\t\t\tNucleoplasm\tCytosol\tVesicles\tx",
        "ENSG2\tBBB\tUncertain\tMitochondria\t\t\t\t\t\tMitochondria\tx",
    )


def test_each_location_has_a_reliability_of_its_own(locations: Path) -> None:
    genes = read_gene_locations(locations, SURE)
    assert set(genes) == {"ensg1", "aaa", "ensg2", "bbb"}
    assert genes["aaa"] == genes["ensg1"]
    assert genes["aaa"][0].locations == ("Nucleoplasm", "Cytosol")
    assert genes["aaa"][0].unsure == ("Vesicles",)
    assert genes["bbb"][0].locations == ()
    assert read_gene_locations(locations, ["uncertain"])["bbb"][0].locations == ("Mitochondria",)


@pytest.mark.parametrize(("reliability", "kept"), [("Approved", True), ("Uncertain", False)])
def test_former_years_have_one_reliability_per_gene(tmp_path: Path, reliability: str, kept: bool) -> None:
    path = write(
        tmp_path,
        "Gene,Gene name,Reliability,Main location,Other location",
        f"ENSG1,AAA,{reliability},Nucleoli,Golgi apparatus;Cytosol",
    )
    expected = ("Nucleoli", "Golgi apparatus", "Cytosol") if kept else ()
    assert read_gene_locations(path, SURE)["aaa"][0].locations == expected


def test_a_name_of_two_genes_has_two_rows(tmp_path: Path) -> None:
    rows = [f"ENSG{number}\tAAA\tApproved\tNucleoli\t\t\t\t\tNucleoli\t\t" for number in (1, 2)]
    assert len(read_gene_locations(write(tmp_path, HEADER, *rows), SURE)["aaa"]) == 2


@pytest.mark.parametrize(
    ("location", "name"),
    [
        ("Nucleoplasm", "Nucleoplasm"),
        ("Focal adhesion sites", "Actin filaments"),
        ("Cell Junctions", "Plasma membrane"),
        ("Centriolar satellite", "Centrosome"),
        ("Vesicles", "Vesicles and punctate cytosolic patterns"),
        ("Lipid droplets", "Vesicles and punctate cytosolic patterns"),
        ("Cytoplasmic bodies", "Vesicles and punctate cytosolic patterns"),
        ("Nucleoli rim", "Nucleoli"),
        ("Rods & Rings", None),
        ("Midbody", None),
    ],
)
def test_the_classes_of_the_competition(location: str, name: str | None) -> None:
    classes, others = find_classes([location], HPA2021)
    assert [HPA2021.names[number] for number in classes] == ([] if name is None else [name])
    assert others == (() if name else (location,))


def test_classes_of_another_label_set() -> None:
    label_set = read_label_set("hpa2018")
    classes, others = find_classes(["Rods & Rings", "Lysosomes", "Vesicles"], label_set)
    assert [label_set.names[number] for number in classes] == ["Lysosomes", "Rods & rings"]
    assert others == ("Vesicles",)


def test_another_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no columns Gene and Reliability"):
        read_gene_locations(write(tmp_path, "ID,Label", "a,1"), SURE)


def test_as_a_label_file_it_is_refused_with_the_command(locations: Path) -> None:
    with pytest.raises(InputError, match=r"locations of genes, not labels.*hpacells labels '.*' --of"):
        read_labels(locations)
