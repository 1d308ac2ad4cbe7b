from pathlib import Path
from types import SimpleNamespace

import pytest

from data.errors import InputError
from data.export import h5ad_file
from stages.export.paths import ExportOutputs
from stages.export.run import run
from stages.export.settings import ExportSettings
from tests.factories.context import QuietContext
from tests.factories.exported import Exported


def test_a_missing_package_is_one_line_that_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(name, name=name)

    monkeypatch.setattr(h5ad_file, "importlib", SimpleNamespace(import_module=missing))
    inputs, path = Exported(tmp_path).write(), tmp_path / "cells.h5ad"
    with pytest.raises(
        InputError, match=r"cells\.h5ad: .*h5py.*pip install \"hpacells\[anndata\]\""
    ) as raised:
        run(inputs, ExportOutputs(path), ExportSettings(), QuietContext())
    assert len(str(raised.value).splitlines()) == 1
    assert not path.exists()


def test_a_table_needs_no_such_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(h5ad_file, "import_h5py", None)
    inputs, path = Exported(tmp_path, width=1536, label_set="subcell31").write(), tmp_path / "result.csv"
    report = run(inputs, ExportOutputs(path), ExportSettings(format="subcellportable"), QuietContext())
    assert report.counts == {"cells": 81, "left out": 9}
    assert len(path.read_text().splitlines()) == 82
