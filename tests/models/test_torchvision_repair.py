import subprocess
import sys
from pathlib import Path

import pytest

from models.torchvision_repair import import_torchvision

PROGRAM = """
import sys
sys.path.insert(0, {folder!r})
from models import torchvision_repair
try:
    module = torchvision_repair.import_torchvision()
    print("imported", module.attempts())
except Exception as error:
    print("raised", type(error).__name__, error)
print("declared", len(torchvision_repair._libraries))
"""

COUNT = """
import os
def attempts():
    return os.environ["ATTEMPTS"]
os.environ["ATTEMPTS"] = str(int(os.environ.get("ATTEMPTS", 0)) + 1)
"""


def import_fake(folder: Path, source: str) -> list[str]:
    """Import a torchvision of this source in a process of its own; give what the program prints."""
    (folder / "torchvision").mkdir()
    (folder / "torchvision" / "part.py").write_text("")
    (folder / "torchvision" / "__init__.py").write_text(COUNT + source)
    program = PROGRAM.format(folder=str(folder))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_a_good_build_is_just_imported(tmp_path: Path) -> None:
    assert import_fake(tmp_path, "") == ["imported 1", "declared 0"]


def test_a_build_that_declares_its_own_operators_is_left_alone(tmp_path: Path) -> None:
    source = """
import torch
library = torch.library.Library("torchvision", "DEF")
library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
torch.library.register_fake("torchvision::nms")(lambda dets, scores, iou_threshold: dets)
"""
    assert import_fake(tmp_path, source) == ["imported 1", "declared 0"]


def test_unknown_operators_are_declared_once_and_the_import_done_again(tmp_path: Path) -> None:
    source = """
import torch
from torchvision import part
for name in ("nms", "qnms"):
    torch.library.register_fake(f"torchvision::{name}")(lambda dets, scores, iou_threshold: dets)
"""
    assert import_fake(tmp_path, source) == ["imported 2", "declared 1"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("raise RuntimeError('no CUDA driver')", "raised RuntimeError no CUDA driver"),
        (
            "raise RuntimeError('operator torchvision::roi_align does not exist')",
            "raised RuntimeError operator torchvision::roi_align does not exist",
        ),
        ("import no_such_module", "raised ModuleNotFoundError No module named 'no_such_module'"),
    ],
)
def test_any_other_error_is_the_callers(tmp_path: Path, source: str, message: str) -> None:
    assert import_fake(tmp_path, source) == [message, "declared 0"]


def test_the_installed_build_imports() -> None:
    module = import_torchvision()
    assert module is sys.modules["torchvision"]
    assert import_torchvision() is module
