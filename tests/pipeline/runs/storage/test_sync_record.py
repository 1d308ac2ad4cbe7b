from pathlib import Path

from pipeline.runs.storage.sync_record import (
    RECORD_NAME,
    Index,
    SyncRecord,
    pack_index,
    read_index,
    read_record,
    write_record,
)


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    record = SyncRecord(
        files={"a": ("v1", (3, 4)), "b": ("v2", None)},
        generation="g",
        sending=(["a"], "h"),
        pending={"crops.json": ["crops.json", "cells.parquet"]},
        unfinished={"predict.json": ["predict.json"]},
    )
    write_record(tmp_path, record)
    assert read_record(tmp_path) == record


def test_a_damaged_record_is_none(tmp_path: Path) -> None:
    assert read_record(tmp_path) == SyncRecord()
    write_record(tmp_path, SyncRecord(generation="g"))
    path = tmp_path / RECORD_NAME
    path.write_text(path.read_text().replace('"g"', '"h"'))
    assert read_record(tmp_path) == SyncRecord()


def test_the_index_lists_what_was_sent() -> None:
    packed = pack_index("g", {"a": ("v1", (3, 4)), "not here": ("v2", None)})
    assert read_index(packed) == Index("g", {"a": ("v1", (3, 4))})
    assert read_index(None) == read_index(b"x") == read_index(packed[:-9]) == Index()
