"""The container has what the tests run with."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONTAINERFILE = (ROOT / "workflows/Containerfile").read_text()


def test_it_installs_what_constraints_pin() -> None:
    installed = re.search(r"pip install .*", (ROOT / "Makefile").read_text())
    assert installed is not None
    assert "-c constraints.txt" in installed[0]
    extras = re.search(r"\.\[dev,(.*)\]", installed[0])
    assert extras is not None
    assert f"-c constraints.txt '.[{extras[1]}]'" in CONTAINERFILE


def test_its_python_is_that_of_the_tests() -> None:
    candidates = re.search(r"for candidate in (\S+)", (ROOT / ".ci/run").read_text())
    assert candidates is not None
    assert f"FROM docker.io/library/{candidates[1].replace('python', 'python:')}-" in CONTAINERFILE


def test_all_that_it_copies_is_there() -> None:
    copied = [
        name for line in re.findall(r"^COPY (.*)$", CONTAINERFILE, re.MULTILINE) for name in line.split()[:-1]
    ]
    assert copied
    assert all((ROOT / name).exists() for name in copied)
    for package in ("pipeline", "stages", "models", "data", "configs"):
        assert package in copied


def test_the_workflow_names_the_image_of_this_version() -> None:
    version = re.search(r'^version = "(.*)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version is not None
    config = (ROOT / "workflows/nextflow/nextflow.config").read_text()
    assert f"container = 'hpacells:{version[1]}'" in config
    assert f"-t hpacells:{version[1]} " in CONTAINERFILE
