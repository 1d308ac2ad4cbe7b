"""Docstrings begin with Return, Read, Compute, Check and their like, as in the field; not Give, Tell, Say."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = ("data", "models", "stages", "pipeline", "benchmarks")
REFUSED = ("Give", "Gives", "Tell", "Tells", "Say", "Says")


def first_words(file: Path) -> dict[str, str]:
    """First word of every docstring of a file, by the name of what it describes."""
    words = {}
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module):
            docstring = ast.get_docstring(node)
            if docstring:
                words[getattr(node, "name", "module")] = docstring.split()[0]
    return words


@pytest.mark.parametrize("floor", FLOORS)
def test_no_docstring_begins_with_an_everyday_word(floor: str) -> None:
    files = sorted((ROOT / floor).rglob("*.py"))
    assert files
    found = [
        f"{file.relative_to(ROOT)}: {name}: {word}"
        for file in files
        for name, word in first_words(file).items()
        if word in REFUSED
    ]
    assert not found


def test_the_check_itself_finds_them(tmp_path: Path) -> None:
    file = tmp_path / "example.py"
    file.write_text('"""Module."""\n\n\ndef f():\n    """Give one."""\n')
    assert first_words(file) == {"module": "Module.", "f": "Give"}
