from pathlib import Path

import pytest

from data.atomic import atomic_write
from pipeline.runs.storage.folder_files import belongs, is_part, scan


def test_locks_and_what_is_unfinished_stay_here(tmp_path: Path) -> None:
    kept = [
        "cells.parquet",
        ".written.json",
        "masks/.fields/a.parquet",
        "fields/.written.json",
        "masks/a.png",
    ]
    left = [
        ".lock",
        ".storage.record.json",
        "masks/.a.0123abcd.part.png",
        ".model.partial/x",
        "report/.x.replaced/y",
    ]
    for name in (*kept, *left):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    with atomic_write(tmp_path / "segment.json") as temporary:
        temporary.write_text("x")
        found = scan(tmp_path)
    assert sorted(found) == sorted(kept)
    stat = (tmp_path / "cells.parquet").stat()
    assert found["cells.parquet"] == (stat.st_size, stat.st_mtime_ns)
    assert all(map(belongs, kept))
    assert not any(map(belongs, left))


@pytest.mark.parametrize(
    ("name", "paths", "part"),
    [("a/b", ["a"], True), ("a", ["a"], True), ("ab", ["a"], False), ("a", ["a/b"], False), ("a", [], False)],
)
def test_parts_are_files_in_folders(name: str, paths: list[str], part: bool) -> None:
    assert is_part(name, paths) is part
