import pytest

from data.export.cellprofiler import name_classes, name_column


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("Metadata", "gene"), "Metadata_Gene"),
        (("Metadata", "ensembl_ids"), "Metadata_EnsemblIds"),
        (("Vesicles and punctate cytosolic patterns",), "VesiclesAndPunctateCytosolicPatterns"),
        (("Nucleoli (rim) / x-1",), "NucleoliRimX1"),
    ],
)
def test_names_of_columns(parts: tuple[str, ...], name: str) -> None:
    assert name_column(*parts) == name


def test_names_of_classes_are_there_once() -> None:
    assert name_classes(["a b", "A-B", "?", "c"]) == ["AB1", "AB2", "Class", "C"]
