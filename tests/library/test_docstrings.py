"""Every public function and class has an example in its docstring, which runs."""

import doctest
import inspect
from pathlib import Path

import pytest

import hpacells as hpa

DOCUMENTED = [name for name in hpa.__all__ if callable(getattr(hpa, name))]


def test_all_but_constants_are_documented() -> None:
    constants = set(hpa.__all__) - set(DOCUMENTED)
    assert constants == {"CHANNELS", "CLASS_NAMES", "__version__"}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_the_example_runs(name: str, session_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(session_folder)
    docstring = inspect.getdoc(getattr(hpa, name)) or ""
    example = doctest.DocTestParser().get_doctest(docstring, {}, f"hpacells.{name}", None, 0)
    sources = "".join(step.source for step in example.examples)
    assert "import hpacells as hpa\n" in sources
    assert f"hpa.{name}" in sources or inspect.isclass(getattr(hpa, name))
    said: list[str] = []
    result = doctest.DocTestRunner(verbose=False).run(example, out=said.append)
    assert not result.failed, "".join(said)
