from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from data.errors import InputError
from data.labels import image_values
from data.labels.coverage import check_coverage
from data.labels.image_values import ImageLabels, read_image_labels, read_image_proteins
from data.labels.label_file import read_labels, read_proteins
from data.labels.label_set import HPA2021

LABELS = {"b": (0, 16), "a": (7,), " c": (7,)}


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_values, "_PART_ROWS", 2)


def as_dict(found: ImageLabels) -> dict[str, tuple[int, ...]]:
    return dict(zip(found.image_ids.to_pylist(), [found.values[code] for code in found.codes], strict=True))


def test_values_of_images() -> None:
    labels = ImageLabels.collect(LABELS.items())
    assert as_dict(labels) == LABELS
    assert labels.values == ((0, 16), (7,))
    assert labels.find(pa.array(["a", "x", "b"])).tolist() == [1, -1, 0]
    assert as_dict(labels.among(pa.array(["x", "b"]))) == {"b": (0, 16)}
    shown = labels.mark(19)
    assert [np.flatnonzero(row).tolist() for row in shown] == [[0, 16], [7], []]
    assert not len(ImageLabels.collect([]).find(pa.array([], pa.string())))


def test_a_label_file_as_it_is_read_into_a_dictionary(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text('ID,Label,Gene\nb,0|16,G1\na,7,\n" c",7,G1\n\'=d,Golgi apparatus,G2\n')
    assert as_dict(read_image_labels(path, HPA2021)) == read_labels(path)
    proteins = read_image_proteins(path)
    names = [proteins.values[code] for code in proteins.codes]
    assert dict(zip(proteins.image_ids.to_pylist(), names, strict=True)) == read_proteins(path)


@pytest.mark.parametrize(
    "rows",
    [
        "a,7\nb,1\na,2\n",
        "a,7\n a,1\n",
        "a,7\n,1\n",
        "a,7\na,99\n",
        "a,99\nb,7\nb,7\n",
        "a,7\nb,7\na,1\nc,x\n",
    ],
)
def test_what_is_wrong_is_told_as_of_a_dictionary(tmp_path: Path, rows: str) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(f"ID,Label\n{rows}")
    with pytest.raises(InputError) as expected:
        read_labels(path)
    with pytest.raises(InputError) as found:
        read_image_labels(path, HPA2021)
    assert str(found.value) == str(expected.value)


def test_two_images_of_one_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("ID,Label\na,7\nb,1\n")
    monkeypatch.setattr(image_values, "hash", lambda _: 5, raising=False)
    assert as_dict(read_image_labels(path, HPA2021)) == {"a": (7,), "b": (1,)}


@pytest.mark.parametrize("images", [["a", "b"], ["a", "c"], ["A", "b"], ["x.png", "y"], []])
def test_coverage_is_told_as_of_a_dictionary(images: list[str], caplog: pytest.LogCaptureFixture) -> None:
    for labels in ({"a": (1,), "b": (2,)}, {"x": (1,)}, {}):
        told = []
        for check in (
            lambda known=labels: check_coverage(known, images, where="train.csv"),
            lambda known=labels: ImageLabels.collect(known.items()).check_coverage(
                pa.array(sorted(images), pa.string()), where="train.csv"
            ),
        ):
            caplog.clear()
            try:
                check()
                told.append(caplog.messages[:])
            except InputError as error:
                told.append([str(error)])
        assert told[0] == told[1]
