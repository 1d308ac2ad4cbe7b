import json

import cv2
import numpy as np
import pytest

from data.errors import InputError
from pipeline.benchmark.frozen_sets import check_set, freeze_set
from pipeline.benchmark.sets import PARTS, simulate_set
from pipeline.engines.local import LocalEngine
from pipeline.runs.manifest import read_manifest, write_manifest


@pytest.fixture
def frozen(little, tmp_path):
    """A set that was simulated and frozen: its folder, and that of the frozen files."""
    simulate_set(tmp_path / "set", "one", None, LocalEngine(workers=1))
    freeze_set(tmp_path / "set", "one", tmp_path)
    return tmp_path / "set", tmp_path


def change(folder, field, **changes):
    """Change what a part's manifest says of a field."""
    manifest = read_manifest(folder / "simulate.json")
    manifest.details["fields"][field] |= changes
    write_manifest(folder / "simulate.json", manifest)


def test_a_set_is_as_it_was_frozen(frozen):
    out, kept = frozen
    assert check_set(out, "one", kept) == []
    fields = json.loads((kept / "simhpa19-one.json").read_text())["fields"]
    assert set(fields) == {
        "train/sim-4-00001",
        "train/sim-4-00002",
        "validation/sim-3-00001",
        "test/sim-3-00001",
    }


def test_another_truth_and_another_field_are_told(frozen):
    out, kept = frozen
    change(out / "train", "sim-4-00002", truth="other")
    manifest = read_manifest(out / "test" / "simulate.json")
    manifest.details["fields"]["sim-3-00009"] = manifest.details["fields"].pop("sim-3-00001")
    write_manifest(out / "test" / "simulate.json", manifest)
    assert check_set(out, "one", kept) == [
        "test/sim-3-00001: missing",
        "test/sim-3-00009: not in the frozen set",
        "train/sim-4-00002: another truth",
    ]


@pytest.mark.parametrize(("change_by", "lines"), [(1, 0), (2, 1)])
def test_other_pixels_may_differ_by_one_grey_level(frozen, change_by, lines):
    out, kept = frozen
    change(out / "train", "sim-4-00001", pixels="other")
    assert check_set(out, "one", kept) == []
    path = out / "train" / "sim-4-00001_green.png"
    plane = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    cv2.imwrite(str(path), np.where(plane > 99, plane - change_by, plane + change_by))
    differences = check_set(out, "one", kept)
    assert len(differences) == lines
    assert all("train/sim-4-00001: " in line and "by up to 2" in line for line in differences)


def test_what_is_not_frozen_or_not_simulated_is_told(frozen):
    out, kept = frozen
    with pytest.raises(InputError, match="the set two is not frozen"):
        check_set(out, "two", kept)
    (out / PARTS[1] / "simulate.json").unlink()
    with pytest.raises(InputError, match="the part validation is not simulated"):
        check_set(out, "one", kept)
