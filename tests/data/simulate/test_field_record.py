import pytest

from data.simulate.field_record import (
    FieldRecord,
    are_whole,
    hash_pictures,
    read_record,
    record_path,
    write_record,
)


@pytest.fixture
def record(tmp_path):
    (tmp_path / "a_red.png").write_bytes(b"12345")
    return FieldRecord(
        key="k",
        image_id="a",
        height=10,
        width=12,
        given_labels=(3,),
        image_labels=(3, 4),
        prediction_string="3 1.0 x 4 1.0 x",
        cells=1,
        antibody=2,
        cell_line="small",
        truth="t",
        pixels="p",
        file_bytes={"a_red.png": 5},
        file_hashes=hash_pictures(tmp_path, ["a_red.png"]),
    )


def test_a_record_comes_back(tmp_path, record):
    write_record(tmp_path, record)
    assert read_record(tmp_path, "a", "k") == record
    assert read_record(tmp_path, "a", "another key") is None
    assert read_record(tmp_path, "b", "k") is None


@pytest.mark.parametrize("harm", ["picture gone", "picture shorter", "picture flipped", "record cut"])
def test_a_field_that_is_not_whole_is_not_finished(tmp_path, record, harm):
    write_record(tmp_path, record)
    if harm == "picture gone":
        (tmp_path / "a_red.png").unlink()
    elif harm == "picture shorter":
        (tmp_path / "a_red.png").write_bytes(b"123")
    elif harm == "picture flipped":
        (tmp_path / "a_red.png").write_bytes(b"12375")
    else:
        path = record_path(tmp_path, "a")
        path.write_text(path.read_text()[:-20])
    assert read_record(tmp_path, "a", "k") is None


def test_whole_sets(tmp_path, record):
    assert are_whole(tmp_path)
    write_record(tmp_path, record)
    assert are_whole(tmp_path)
    (tmp_path / "a_red.png").write_bytes(b"123")
    assert not are_whole(tmp_path)
    (tmp_path / "a_red.png").unlink()
    assert not are_whole(tmp_path)
