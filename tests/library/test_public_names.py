"""The public module: its names, what importing it loads, and what may lie beside a user's script."""

import ast
import importlib.metadata
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import hpacells as hpa

SOURCE = Path(hpa.__file__)


def run_script(
    folder: Path, source: str, *, status: int = 0, path: Path = SOURCE.parent
) -> subprocess.CompletedProcess[str]:
    """Run a script of a folder, as a user does, with hpacells on the path."""
    script = folder / "script.py"
    script.write_text(source)
    done = subprocess.run(
        [sys.executable, script],
        capture_output=True,
        text=True,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(path)},
        check=False,
    )
    assert done.returncode == status, done.stderr
    return done


def test_the_name_lists_agree() -> None:
    tree = ast.parse(SOURCE.read_text())
    seen_by_editors = {
        alias.name: node.module
        for block in tree.body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen_by_editors == hpa._HOMES
    assert {*seen_by_editors, "__version__"} == set(hpa.__all__)
    assert len(hpa.__all__) == len(set(hpa.__all__))
    assert set(hpa.__all__) <= set(dir(hpa))


@pytest.mark.parametrize("name", sorted(hpa._HOMES))
def test_a_name_is_that_of_its_module(name: str) -> None:
    value = getattr(hpa, name)
    assert value is getattr(sys.modules[hpa._HOMES[name]], name)
    assert getattr(value, "__name__", name) == name


def test_unknown_names() -> None:
    with pytest.raises(AttributeError, match="no attribute 'find_cells'"):
        hpa.find_cells  # noqa: B018


def test_the_version_is_that_of_the_installed_distribution() -> None:
    assert hpa.__version__ == importlib.metadata.version("hpacells")


def test_importing_it_loads_no_library(tmp_path: Path) -> None:
    libraries = {"torch", "numpy", "pandas", "cv2", "zarr", "pydantic", "importlib.metadata"}
    source = f"import sys, hpacells\nprint(*{libraries} & set(sys.modules))"
    assert run_script(tmp_path, source).stdout.split() == []


def test_reading_and_scoring_load_no_torch(tmp_path: Path) -> None:
    source = "import sys, hpacells as hpa\nhpa.score, hpa.find_fields, hpa.crop_cells, hpa.simulate_field\n"
    assert run_script(tmp_path, source + "print('torch' in sys.modules)").stdout.split() == ["False"]


USE = "import hpacells as hpa\nprint(hpa.load_segmenter('classical').name, hpa.read_label_set('hpa2021'))\n"


def test_plain_folders_beside_the_script_do_no_harm(tmp_path: Path) -> None:
    for name in hpa._PACKAGES:
        (tmp_path / name).mkdir()
        (tmp_path / name / "mine.csv").touch()
    assert run_script(tmp_path, USE).stdout.startswith("classical")


def test_plain_folders_do_no_harm_where_they_come_first(tmp_path: Path) -> None:
    """As with an editable installation, whose packages are looked for after all folders of the path."""
    for package in hpa._PACKAGES:
        (tmp_path / package).mkdir()
    source = f"""
import sys, importlib.util
sys.path.remove({str(SOURCE.parent)!r})
sys.meta_path[:] = [finder for finder in sys.meta_path if "editable" not in finder.__module__]
spec = importlib.util.spec_from_file_location("hpacells", {str(SOURCE)!r})
hpacells = sys.modules["hpacells"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(hpacells)
"""
    assert run_script(tmp_path, source + USE).stdout.startswith("classical")


@pytest.mark.parametrize("name", ["models.py", "data.py", "data/__init__.py", "pipeline.py", "configs.py"])
@pytest.mark.parametrize("imported", [False, True])
def test_a_module_that_hides_a_package_is_named(tmp_path: Path, name: str, imported: bool) -> None:
    shadow = tmp_path / name
    shadow.parent.mkdir(exist_ok=True)
    shadow.write_text("MINE = 1\n")
    package = Path(name).parts[0].removesuffix(".py")
    source = f"import {package}\n{USE}" if imported else USE
    done = run_script(tmp_path, source, status=1)
    assert done.stderr.splitlines()[-1] == (
        f"ImportError: {shadow} has the name of hpacells' own package {package!r}, so that hpacells cannot "
        "be imported; rename it, or start Python in a folder without it"
    )


def test_a_plain_folder_that_was_imported_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "hpacells.py").write_text(SOURCE.read_text())
    done = run_script(tmp_path, "import data, hpacells\n", status=1, path=tmp_path / "elsewhere")
    assert f"ImportError: {tmp_path / 'data'} has the name of" in done.stderr


def test_the_packages_are_marked_as_typed() -> None:
    for package in ("data", "models", "stages", "pipeline"):
        assert (SOURCE.parent / package / "py.typed").is_file()


def test_the_module_and_the_type_markers_are_packaged() -> None:
    setuptools = tomllib.loads((SOURCE.parent / "pyproject.toml").read_text())["tool"]["setuptools"]
    assert setuptools["py-modules"] == ["hpacells"]
    for package in ("data", "models", "stages", "pipeline"):
        assert "py.typed" in setuptools["package-data"][package]
