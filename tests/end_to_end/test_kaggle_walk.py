"""The walk of docs/kaggle.md: from the competition's zip, here a small one, to a checked submission."""

import base64
import re
import shlex
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pycocotools import mask as coco

from tests.factories.command_line import run_here

PAGE = Path(__file__).parents[2] / "docs" / "kaggle.md"
SIDE = 768


def commands() -> list[list[str]]:
    """Return hpacells' commands in the steps of the page, without what follows a pipe."""
    walk = PAGE.read_text().split("## ")[1]
    lines = re.findall(r"^       (hpacells .+)$", walk, re.MULTILINE)
    return [shlex.split(line.split("|")[0])[1:] for line in lines]


@pytest.fixture
def competition(simulated: Path, tmp_path: Path) -> Path:
    """Return a folder with the competition's zip, with training and test images."""
    names = sorted({path.name.rsplit("_", 1)[0] for path in simulated.glob("*_red.png")})
    train, test = names[:-2], names[-2:]
    labels = (simulated / "train.csv").read_text().splitlines()
    kept = [labels[0], *(line for line in labels[1:] if line.split(",")[0] in train)]
    counts = coco.encode(np.zeros((SIDE, SIDE), np.uint8, order="F"))["counts"]
    empty = f"0 1 {base64.b64encode(zlib.compress(counts)).decode()}"
    sample = [
        "ID,ImageWidth,ImageHeight,PredictionString",
        *(f"{name},{SIDE},{SIDE},{empty}" for name in test),
    ]
    with zipfile.ZipFile(tmp_path / "competition.zip", "w") as file:
        for path in simulated.glob("*_*.png"):
            name = path.name.rsplit("_", 1)[0]
            if name in names:
                file.write(path, f"{'train' if name in train else 'test'}/{path.name}")
        file.writestr("train.csv", "\n".join(kept) + "\n")
        file.writestr("sample_submission.csv", "\n".join(sample) + "\n")
    return tmp_path


def test_every_command_of_the_walk(
    competition: Path, monkeypatch: pytest.MonkeyPatch, write_recipe: Callable[[str], Path]
) -> None:
    monkeypatch.chdir(competition)
    with zipfile.ZipFile("competition.zip") as file:
        file.extractall("hpa")
    recipe = write_recipe("all")
    seen = []
    for arguments in commands():
        seen.append(arguments[0])
        quick = ["--recipe", recipe] if arguments[0] == "train" else []
        run_here(*arguments, *quick)
    assert seen == [
        *("images", "explore", "segment", "crops", "train"),
        *("segment", "crops", "predict", "combine", "submission"),
    ]
    assert Path("submission.csv").read_text().count("\n") == 3
    assert list(Path("work/train/explore").glob("*.png"))
