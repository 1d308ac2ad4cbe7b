from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import InputError
from data.labels.coverage import check_coverage
from data.labels.label_file import (
    CLASS_NAMES,
    NUM_CLASSES,
    read_labels,
    read_proteins,
    read_stains,
    write_labels,
)
from data.labels.label_set import LabelSet, read_label_set


def test_the_19_classes() -> None:
    assert NUM_CLASSES == 19
    assert CLASS_NAMES[0] == "Nucleoplasm"
    assert CLASS_NAMES[11] == "Mitotic spindle"
    assert CLASS_NAMES[18] == "Negative"


@given(
    st.dictionaries(
        st.text("abcdef0123456789-", min_size=1, max_size=12),
        st.sets(st.integers(0, 18), min_size=1, max_size=5).map(lambda classes: tuple(sorted(classes))),
        max_size=20,
    )
)
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, labels: dict) -> None:
    path = tmp_path_factory.mktemp("labels") / "train.csv"
    write_labels(path, labels)
    assert read_labels(path) == labels


def test_names_in_place_of_numbers(tmp_path: Path) -> None:
    path, hpa2018 = tmp_path / "train.csv", read_label_set("hpa2018")
    labels = {"a": (7, 27), "b": (0,), "c": (10,)}
    write_labels(path, labels, hpa2018.names)
    assert path.read_text() == "ID,Label\na,Golgi apparatus|Rods & rings\nb,Nucleoplasm\nc,Lysosomes\n"
    assert read_labels(path, hpa2018) == labels
    # The Golgi apparatus and the nucleoplasm are classes of 2021, too; the others can pass for none of these.
    with pytest.raises(
        InputError, match=r"label 'Rods & rings' is not a class; .* of the label set hpa2021, or"
    ):
        read_labels(path)


def test_ids_stay_text(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    path.write_text("ID,Label\n007,3\nNA,1|0\n")
    assert read_labels(path) == {"007": (3,), "NA": (0, 1)}


def test_labels_by_name(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    path.write_text("ID,Label\na,Nuclear membrane|0\nb,cytosol|16\n")
    assert read_labels(path) == {"a": (0, 1), "b": (16,)}


def test_the_file_of_2018(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    path.write_text("Id,Target\na,16 0\nb,27\nc,Rods & rings\nd,Rods & rings|Nuclear bodies\n")
    hpa2018 = read_label_set("hpa2018")
    assert read_labels(path, hpa2018) == {"a": (0, 16), "b": (27,), "c": (27,), "d": (5, 27)}
    with pytest.raises(
        InputError, match=r"line 3: label '27' is not a class; expected class numbers 0\.\.18"
    ):
        read_labels(path)


def test_an_unknown_name_lists_what_exists(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    path.write_text("ID,Label\na,inside|wall\n")
    with pytest.raises(InputError, match="line 2: label 'wall' is not a class; .* or names: Inside, Outside"):
        read_labels(path, LabelSet(names=("Inside", "Outside")))


def test_proteins(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    path.write_text("ID,Label,Protein\na,1,P1\nb,2, P1\nc,3,\n")
    assert read_proteins(path) == {"a": "P1", "b": "P1"}
    assert read_labels(path) == {"a": (1,), "b": (2,), "c": (3,)}
    path.write_text("Id,Target,Group\na,1 2,P1\n")
    assert read_proteins(path) == {"a": "P1"}
    path.write_text("ID,Label\na,1\n")
    assert read_proteins(path) == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ID,Label\na,19\n", r"train.csv, line 2: label '19' is not a class; expected class numbers 0..18"),
        ("ID,Label\na,0\nb,1|-1\n", "line 3: label '-1' is not a class"),
        ("ID,Label\na,\n", "line 2: label '' is not a class"),
        ("ID,Label\na,1.0\n", "label '1.0' is not a class"),
        ("ID,Label\na,1\na,2\n", "line 3: image a is there a second time"),
        ("image,Label\na,1\n", r"no column ID \(found image,Label\)"),
        ("Id,Label\na,1\n", r"no column Target \(found Id,Label\)"),
        ("", "cannot be read as a table"),
        ("ID,Label\na,1\n ,2\n", "line 3: an empty ID"),
        ("ID,Label\na,1\na ,2\n", "line 3: image a is there a second time"),
        (f"ID,Label\na,{'9' * 5000}\n", "line 2: label '999"),
    ],
)
def test_bad_label_files(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "train.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_labels(path)


def test_missing_label_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_labels(tmp_path / "nothing.csv")


def test_coverage() -> None:
    check_coverage({"a": (1,), "b": (2,)}, ["b", "c"], where="train.csv")
    with pytest.raises(InputError, match="none of the 2 images has a label"):
        check_coverage({"a": (1,)}, ["b", "c"], where="train.csv")


def test_kaggle_table(shared: Path) -> None:
    labels = read_labels(shared / "hpa/tables/kaggle_hpa_scc_2021_train.csv")
    assert len(labels) == 21806
    # 10,412 rows name one label; 96 more name one label twice (13|13), and are single-label images too.
    assert sum(len(classes) == 1 for classes in labels.values()) == 10412 + 96
    assert sum(classes == (11,) for classes in labels.values()) == 1
    assert labels["5c27f04c-bb99-11e8-b2b9-ac1f6b6435d0"] == (0, 5, 8)


@pytest.mark.parametrize(
    ("header", "proteins"),
    [
        ("ID,Label,Antibody", {"a": "X", "b": "Y"}),
        ("ID,Label,GENE", {"a": "X", "b": "Y"}),
        ("ID,Label,ensembl_ids", {"a": "X", "b": "Y"}),
        ("ID,Label,Cell line", {}),
    ],
)
def test_genes_and_antibodies_are_proteins_where_there_is_no_such_column(
    tmp_path: Path, header: str, proteins: dict[str, str]
) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(f"{header}\na,0,X \nb,1,Y\n")
    assert read_proteins(path) == proteins


def test_the_columns_of_stains_keep_their_names(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("ID,Label,Antibody,Cell line,Gene\na,0,HPA1,U2OS,X\nb,1,,A431,Y\n")
    stains = read_stains(path)
    assert stains.to_dict("index") == {
        "a": {"Antibody": "HPA1", "Gene": "X"},
        "b": {"Antibody": "", "Gene": "Y"},
    }
    assert read_proteins(path) == {"a": "X", "b": "Y"}
    path.write_text("ID,Label\na,0\n")
    assert read_stains(path).shape == (1, 0)
