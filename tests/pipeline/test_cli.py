"""The command line as a whole: version, help in groups, summaries that fit their line."""

import importlib.metadata
import re

import pytest
from typer.testing import CliRunner

from pipeline.cli import app


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments), env={"COLUMNS": "80", "TERM": "dumb"})
    assert result.exit_code == 0, result.output
    return result.output


def test_the_version() -> None:
    assert run("--version") == f"hpacells {importlib.metadata.version('hpacells')}\n"


@pytest.mark.parametrize("arguments", [(), ("--help",)])
def test_help_in_groups(arguments: tuple[str, ...]) -> None:
    headings = re.findall(r"^(\w+):$", run(*arguments), re.MULTILINE)
    assert headings == ["Options", "Images", "Training", "Results", "Tools"]


def test_every_command_is_listed_with_a_whole_sentence_on_its_line() -> None:
    listed = re.findall(r"^  ([a-z-]+)  +(\S.*)$", run().split("\nImages:\n")[1], re.MULTILINE)
    names = {command.name for command in app.registered_commands}
    assert {name for name, _ in listed} == names | {group.name for group in app.registered_groups}
    for name, summary in listed:
        assert re.fullmatch(r"[A-Z][^.]*(\(.*\))?\.", summary), (name, summary)
