from pathlib import Path

from stages.inspect.first_page import copy_beside, count_cells


def test_cells_are_counted_by_what_became_of_them() -> None:
    counts = count_cells(["", "too dark", "", "cut by the border", "too dark"])
    assert counts == {"cells": 5, "kept": 2, "dropped": {"too dark": 2, "cut by the border": 1}}
    assert count_cells([]) == {"cells": 0, "kept": 0, "dropped": {}}


def test_curves_are_shown_where_there_are_any(tmp_path: Path) -> None:
    curves = tmp_path / "of the model.png"
    curves.write_bytes(b"a picture")
    for name, source in (("without", None), ("with", curves)):
        (tmp_path / name).mkdir()
        copy_beside(tmp_path / name, source)
    assert [path.name for path in (tmp_path / "without").iterdir()] == ["style.css"]
    assert (tmp_path / "with" / "curves.png").read_bytes() == b"a picture"
