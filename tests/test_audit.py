"""What is made of pip-audit's answers: nothing that was not checked passes for checked."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


@pytest.fixture
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", Path(__file__).parents[1] / ".ci" / "audit.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def unknown(name: str) -> dict[str, Any]:
    return {"name": name, "skip_reason": f"Dependency not found on PyPI: {name}"}


def known(name: str, *numbers: str) -> dict[str, Any]:
    faults = [{"id": number, "aliases": ["CVE-1"], "fix_versions": ["2.0"]} for number in numbers]
    return {"name": name, "version": "1.0", "vulns": faults}


def test_where_no_package_is_known_nothing_was_checked(audit: ModuleType) -> None:
    lines, status = audit.judge([unknown("a"), unknown("b")])
    assert status == 0
    assert lines == [
        "SKIPPED, the advisory service knows none of 2 packages (Dependency not found on PyPI: a)"
    ]
    assert audit.judge([])[0] == [
        "SKIPPED, the advisory service knows none of 0 packages (no package is listed)"
    ]


def test_faults_fail_and_packages_that_were_not_checked_are_named(audit: ModuleType) -> None:
    assert audit.judge([known("a"), known("b", "PYSEC-1"), unknown("c")]) == (
        [
            "b 1.0: PYSEC-1, mended in 2.0",
            "not checked, unknown to the advisory service: c",
            "2 of 3 packages were checked",
        ],
        1,
    )
    assert audit.judge([known("a"), known("b")]) == (["2 of 2 packages were checked"], 0)


@pytest.mark.parametrize("number", ["PYSEC-1", "CVE-1"])
def test_accepted_faults_are_named_with_their_reason(audit: ModuleType, monkeypatch, number: str) -> None:
    monkeypatch.setitem(audit.ACCEPTED, number, "it is not called")
    lines, status = audit.judge([known("b", "PYSEC-1")])
    assert (lines[0], status) == ("b 1.0: PYSEC-1, accepted: it is not called", 0)
