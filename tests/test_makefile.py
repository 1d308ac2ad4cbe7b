"""What make would run, with names that have blanks, apostrophes and other characters of the shell."""

import os
import shlex
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NAMES = ["plain", "my images", "it's mine", 'a (b) & "c"; d', "two  blanks", "work/demo x"]
TARGETS = {
    "segment": ["{IMAGES}", "--work", "{WORK}"],
    "crops": ["{IMAGES}", "--work", "{WORK}"],
    "train": ["--work", "{WORK}", "--labels", "{LABELS}"],
    "predict": ["--work", "{WORK}"],
    "evaluate": ["--work", "{WORK}", "--labels", "{TEST}"],
    "explore": ["{IMAGES}", "--labels", "{LABELS}", "--work", "{WORK}"],
    "features": ["--work", "{WORK}", "--labels", "{LABELS}"],
    "submission": ["--work", "{WORK}"],
    "export": ["{WORK}"],
    "score": ["{WORK}/submission.csv", "{TRUTH}", "--work", "{WORK}", "--json", "{WORK}/metric.json"],
    "report": ["--work", "{WORK}", "--labels", "{LABELS}"],
    "run": ["{IMAGES}", "--labels", "{LABELS}", "--work", "{WORK}", "--truth", "{TRUTH}"],
}


def command_of(target: str, **variables: str) -> list[str]:
    """Return the words of the last command that make would run for a target."""
    given = [f"{name}={value}" for name, value in variables.items()]
    # Variables of the make that runs these tests would reach this one, too.
    done = subprocess.run(
        ["make", "-s", "-n", "-C", str(ROOT), target, *given],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.environ["PATH"]},
    )
    lines = done.stdout.replace("\\\n", " ").splitlines()
    return shlex.split([line for line in lines if "bin/hpacells" in line][-1])


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", NAMES)
def test_names_reach_the_command_whole(target: str, name: str) -> None:
    variables = {
        variable: f"{name} {variable}" for variable in ("IMAGES", "WORK", "LABELS", "TEST", "TRUTH", "CONFIG")
    }
    words = command_of(target, **variables)
    expected = [word.format(**variables) for word in TARGETS[target]]
    assert words[2:] == [*expected, "--config", variables["CONFIG"]]


@pytest.mark.parametrize(
    ("images", "work"),
    [("x/my images", "work/my images"), ("x y/plate 1/", "work/plate 1"), ("plain", "work/plain")],
)
def test_the_work_folder_is_named_after_the_images(images: str, work: str) -> None:
    assert command_of("segment", IMAGES=images)[2:] == [images, "--work", work]


def test_without_images_it_is_the_demo() -> None:
    assert command_of("segment")[2:] == ["work/demo-images", "--work", "work/demo"]
    assert command_of("report")[-2:] == ["--labels", "work/demo-images/train/train.csv"]
