"""One word for a feature on every floor: a command's word is the name of its rooms."""

import importlib.util
from pathlib import Path

import pytest

from pipeline.cli import app
from pipeline.config.sections import SECTIONS

ROOT = Path(__file__).parents[1]

SHARED = {
    "run": "all stages",
    "plan": "all stages",
    "curves": "a picture of what train wrote",
    "weights": "models/weights",
    "doctor": "models/doctor.py",
    "provenance": "data/provenance",
    "view": "stages/export/stores",
}
"""Commands that are no stage, and what they work on."""

OTHER_SECTIONS = ("engine", "images", "segmenter", "compare", "submission")
"""Sections that are of no stage, or of a stage with another name."""

COMMANDS = [
    str(command.name or command.callback.__name__).replace("-", "_") for command in app.registered_commands
]
GROUPS = [str(group.name) for group in app.registered_groups]
STAGES = [name for name in [*COMMANDS, *GROUPS] if name not in SHARED]


@pytest.mark.parametrize("name", [*COMMANDS, *GROUPS])
def test_every_command_has_a_file(name: str) -> None:
    assert (ROOT / "pipeline" / "commands" / f"{name}.py").is_file()


@pytest.mark.parametrize("name", STAGES)
def test_every_stage_has_its_step_and_its_folder(name: str) -> None:
    assert (ROOT / "pipeline" / "steps" / f"{name}.py").is_file()
    assert (ROOT / "stages" / name / "__init__.py").is_file()


def test_every_folder_of_stages_is_a_command_or_shared() -> None:
    folders = {path.parent.name for path in (ROOT / "stages").glob("*/__init__.py")}
    assert folders - set(STAGES) == {"pages", "weights"}


@pytest.mark.parametrize("name", [name for name in SECTIONS if name not in OTHER_SECTIONS])
def test_every_section_is_the_settings_of_the_stage_of_its_name(name: str) -> None:
    assert name in STAGES
    assert importlib.util.find_spec(f"stages.{name}.settings") is not None
    assert importlib.util.find_spec(f"stages.{name}.run") is not None
