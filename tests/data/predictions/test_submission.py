import zipfile
from pathlib import Path

import pytest

from data.errors import InputError
from data.predictions.submission import SubmissionRow, read_rows, read_submission, write_submission

HEADER = "ID,ImageWidth,ImageHeight,PredictionString\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "submission.csv"


def test_what_is_written_is_read(path: Path) -> None:
    rows = [
        SubmissionRow("b", 20, 30, "0 0.5 m1 3 0.25 m1 3 0.125 m2"),
        SubmissionRow('odd,"name"', 20, 30, ""),
        SubmissionRow("a", 7, 8, "18 1 m1"),
    ]
    write_submission(path, rows)
    assert list(read_rows(path)) == rows
    read = read_submission(path)
    assert read.images.to_dict("list") == {
        "image_id": ["b", 'odd,"name"', "a"],
        "width": [20, 20, 7],
        "height": [30, 30, 8],
    }
    assert read.triples.to_dict("list") == {
        "image": [0, 0, 0, 2],
        "label": [0, 3, 3, 18],
        "confidence": [0.5, 0.25, 0.125, 1],
        "mask": [0, 0, 1, 2],
    }
    assert read.masks == ["m1", "m2", "m1"]


def test_the_file_is_as_kaggle_has_it(path: Path) -> None:
    write_submission(path, [SubmissionRow("a", 20, 30, "0 1 m"), SubmissionRow("b", 20, 30, "")])
    assert path.read_bytes() == (HEADER + "a,20,30,0 1 m\nb,20,30,\n").encode()


def test_a_file_without_images(path: Path) -> None:
    write_submission(path, [])
    read = read_submission(path)
    assert (len(read.images), len(read.triples), read.masks) == (0, 0, [])
    assert list(read.triples.columns) == ["image", "label", "confidence", "mask"]


def test_a_prediction_string_longer_than_the_csv_modules_default_limit(path: Path) -> None:
    mask = "m" * 200_000
    write_submission(path, [SubmissionRow("a", 1, 1, f"0 1 {mask} 1 1 {mask}")])
    assert read_submission(path).masks == [mask]


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + HEADER + "a,20,30,0 1 m\n",
        HEADER.replace("\n", "\r\n") + "a,20,30,0 1 m\r\n",
        HEADER + 'a,20,30,"0 1 m"\n\n',
        HEADER + "a,0020,30,0  1 m ",
        "Usage,ImageHeight,PredictionString,ImageWidth,ID\nPublic,30,0 1 m,20,a\n",
    ],
)
def test_other_spellings_of_the_same(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="")
    read = read_submission(path)
    assert read.images.iloc[0].tolist() == ["a", 20, 30]
    assert read.triples.to_numpy().tolist() == [[0, 0, 1, 0]]
    assert read.masks == ["m"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_other_encodings(path: Path, encoding: str) -> None:
    path.write_bytes((HEADER + "é,20,30,0 1 m\n").encode(encoding))
    assert read_submission(path).images["image_id"].tolist() == ["é"]


def test_an_id_that_looks_like_a_missing_value(path: Path) -> None:
    path.write_text(HEADER + "NA,20,30,\n")
    assert read_submission(path).images["image_id"].tolist() == ["NA"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no column ID or ImageWidth or ImageHeight or PredictionString"),
        (
            "ID,ImageWidth,PredictionString\n",
            r"no column ImageHeight \(found ID,ImageWidth,PredictionString\)",
        ),
        (HEADER + "a,20,30,\nb,20,30\n", r", line 3 \(b\): 3 fields; expected 4"),
        (HEADER + "a,20,30,x,y\n", r", line 2 \(a\): 5 fields"),
        (HEADER + ",20,30,\n", "line 2 .*empty ID"),
        (HEADER + "a,0,30,\n", "ImageWidth '0'; expected a whole number"),
        (HEADER + "a,20,-3,\n", "ImageHeight '-3'"),
        (HEADER + "a,20,3.5,\n", r"ImageHeight '3\.5'"),
        (HEADER + "a,20,,\n", "ImageHeight ''"),
        (HEADER + f"a,{'9' * 5000},30,\n", "ImageWidth '999"),
        (HEADER + "a,20,30,\nb,20,30,\na,20,30,\n", r"line 4 \(a\): this ID is there a second time"),
        (HEADER + "a,20,30,0 1\n", r"line 2 \(a\): 2 tokens"),
        (HEADER + "a,20,30,\nb,20,30,0 1 m 19 1 m\n", r"line 3 \(b\): label '19' \(token 4"),
        (HEADER + 'a,20,30,"0 1 m\n', "cannot be read as a table"),
    ],
)
def test_faulty_files(path: Path, text: str, message: str) -> None:
    path.write_text(text)
    with pytest.raises(InputError, match=message) as error:
        read_submission(path)
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)


def test_files_that_are_no_text(path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_submission(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_submission(path.parent)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="cannot be read"):
        read_submission(path)


def test_nothing_is_left_behind_where_writing_fails(path: Path) -> None:
    def rows():
        yield SubmissionRow("a", 20, 30, "")
        raise InputError(found="a fault", where="here")

    with pytest.raises(InputError, match="a fault"):
        write_submission(path, rows())
    assert list(path.parent.iterdir()) == []


def test_kaggles_sample(shared: Path) -> None:
    read = read_submission(shared / "hpa" / "tables" / "kaggle_hpa_scc_2021_sample_submission.csv")
    assert len(read.images) == len(read.triples) == 559
    assert read.images["width"].value_counts().to_dict() == {2048: 462, 1728: 68, 3072: 29}


@pytest.mark.parametrize("ending", ["zip", "XZ", "bz2", "xlsx", "parquet"])
def test_a_name_of_another_compression_is_refused(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"submission.csv.{ending}"
    with pytest.raises(InputError, match=rf"ends in \.{ending}; expected one that ends in \.csv"):
        write_submission(path, [SubmissionRow("a", 7, 8, "")])
    assert not path.exists()


def test_an_archive_is_to_be_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "submission.csv.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("submission.csv", HEADER + "a,7,8,\n" * 100)
    with pytest.raises(InputError, match="unpack it, and give the CSV"):
        read_submission(path)
