"""Every case of the corpus ends in a right result or in one clear line."""

import re
import tempfile
from pathlib import Path

import pytest

from tests.corpus.__main__ import format_counts
from tests.corpus.case import Case, Place, run
from tests.corpus.stock import Stock
from tests.corpus.subjects import SUBJECTS


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Stock:
    return Stock(tmp_path_factory.mktemp("stock"))


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=f"{subject}: {case.name}")
        for subject, cases in SUBJECTS.items()
        for case in cases
    ],
)
def test_case(case: Case, stock: Stock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place(tmp_path / "inputs", tmp_path / "work", stock)
    temporary = tmp_path / "temporary"
    place.inputs.mkdir()
    temporary.mkdir()
    monkeypatch.chdir(place.inputs)
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    outcome = run(case, place)
    if case.told:
        assert re.search(case.told, outcome.errors[0])
    case.check(place, outcome)
    # PyTorch makes an empty folder of its own where it is loaded.
    left = [path.name for path in temporary.iterdir() if not path.name.startswith("torchinductor_")]
    assert left == [], "left in the folder of temporary files"


def test_the_table_of_the_page_is_up_to_date() -> None:
    page = (Path(__file__).parent / "README.md").read_text()
    assert page.endswith(f"\n\n{format_counts()}\n"), "put what python -m tests.corpus prints there"
