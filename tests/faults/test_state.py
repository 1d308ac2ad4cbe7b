"""The state of a work folder: the same whenever something was written, and another after any damage."""

from pathlib import Path

import pytest

from data.cells.field_cells import FieldCells, write_field_cells
from data.cells.label_stamp import LabelStamp
from pipeline.runs.manifest import Manifest, write_manifest
from pipeline.runs.outputs.stamps import stamp_outputs
from tests.factories.cells_table import make_cells_table
from tests.factories.whole_job.states.whole_state import read_state


def write_work(work: Path, *, seconds: float, written_ns: int) -> Path:
    record = work / "masks/.fields/a.parquet"
    record.parent.mkdir(parents=True)
    stamp = LabelStamp(f"12 {written_ns} 34 {written_ns}", "b" * 64, "b" * 64, "")
    write_field_cells(record, FieldCells("key", 9, 9, make_cells_table(["a"] * 3), stamp=stamp))
    (work / "result.csv").write_text("a,b\n")
    manifest = Manifest(
        stage="score",
        key="k",
        output_key="o",
        settings={},
        inputs={},
        outputs=stamp_outputs((work / "result.csv",), work),
        counts={"cells": seconds},
        failures=[],
        details={},
        seconds=seconds,
    )
    write_manifest(work / "score.json", manifest)
    return work


def test_times_make_no_other_state(tmp_path: Path) -> None:
    first = write_work(tmp_path / "1/work", seconds=1.5, written_ns=1795945778377753663)
    second = write_work(tmp_path / "2/work", seconds=22, written_ns=1895945778377753664)
    assert (first / "score.json").read_bytes() != (second / "score.json").read_bytes()
    assert read_state(first) == read_state(second)


@pytest.mark.parametrize("name", ["masks/.fields/a.parquet", "score.json", "result.csv"])
def test_any_damage_makes_another_state(tmp_path: Path, name: str) -> None:
    work = write_work(tmp_path / "work", seconds=1.5, written_ns=1795945778377753663)
    whole, content = read_state(work), (work / name).read_bytes()
    same = []
    for place in range(0, len(content), max(1, len(content) // 300)):
        damaged = bytearray(content)
        damaged[place] ^= 1
        (work / name).write_bytes(damaged)
        if read_state(work) == whole:
            same.append(content[max(0, place - 20) : place + 20])
    assert same == []
    (work / name).unlink()
    assert read_state(work) != whole


def test_temporary_files_make_another_state(tmp_path: Path) -> None:
    work = write_work(tmp_path / "work", seconds=1.5, written_ns=1795945778377753663)
    whole = read_state(work)
    (work / "changed").mkdir()
    (work / "changed/result-1.csv").write_text("kept for the user")
    assert read_state(work) == whole
    (work / ".result.part.csv").write_text("")
    assert read_state(work) != whole
