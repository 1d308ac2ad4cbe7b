"""The sdist and the wheel that it makes: complete, and enough for a first run from an empty folder."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PACKAGES = ("data", "models", "stages", "pipeline", "configs")

SESSION = """
import hpacells as hpa
field = hpa.find_fields("images")[0]
found = hpa.load_segmenter("lite", runtime="torch").segment_field(field)
table = hpa.load_classifier("simhpa19", runtime="torch").classify(hpa.crop_cells(field, found), dropped=True)
print(hpa.__version__, hpa.__file__, len(table) == found.count)
"""


def run(*command: object, cwd: Path) -> str:
    """Run a command that sees nothing of the checkout; return what it printed."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment | {"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def tracked_files() -> list[str]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    return run("git", "ls-files", cwd=ROOT).splitlines()


@pytest.fixture(scope="module")
def shipped() -> set[str]:
    """Every tracked file that an installation needs."""
    return {name for name in tracked_files() if name.startswith(PACKAGES) or name == "hpacells.py"}


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution of a clean copy of the checkout."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in tracked_files():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, copy / name)
    folder = tmp_path_factory.mktemp("sdist")
    build = f"from setuptools import build_meta; build_meta.build_sdist({str(folder)!r})"
    run(sys.executable, "-c", build, cwd=copy)
    return next(folder.glob("hpacells-*.tar.gz"))


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that is built from the source distribution alone."""
    folder = tmp_path_factory.mktemp("wheel")
    options = ("--no-deps", "--no-build-isolation", "--wheel-dir", folder)
    run(sys.executable, "-m", "pip", "wheel", *options, sdist, cwd=folder)
    return next(folder.glob("hpacells-*-py3-none-any.whl"))


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a new environment with the wheel; its dependencies are those of this environment."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    python = folder / "bin/python"
    site_packages = Path(
        run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip()
    )
    # A path in a .pth file brings modules, but not the editable installation of the checkout.
    (site_packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    run(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", wheel, cwd=folder)
    return python.parent


def test_the_sdist_has_every_file(sdist: Path, shipped: set[str]) -> None:
    with tarfile.open(sdist) as archive:
        names = {member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()}
    assert shipped - names == set()
    assert {"LICENSE", "README.md", "pyproject.toml"} <= names


def test_the_wheel_has_every_file_and_no_other(wheel: Path, shipped: set[str]) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        licences = [name for name in archive.namelist() if name.endswith("LICENSE")]
    assert names == shipped
    assert len(licences) == 1


def test_the_version_is_that_of_the_project(programs: Path, tmp_path: Path) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert run(programs / "hpacells", "--version", cwd=tmp_path) == f"hpacells {version}\n"


def test_a_first_run(programs: Path, tmp_path: Path) -> None:
    def hpacells(*arguments: object) -> str:
        return run(programs / "hpacells", *arguments, cwd=tmp_path)

    hpacells("simulate", "images", "--fields", 2, "--size", 300)
    hpacells("segment", "images", "--work", "work", "--segmenter", "lite", "--runtime", "torch")
    hpacells("crops", "images", "--work", "work")
    hpacells("predict", "--work", "work", "--model", "simhpa19", "--runtime", "torch")
    hpacells("combine", "--work", "work")
    hpacells("inspect", "--work", "work")
    assert (tmp_path / "work/submission.csv").read_text().count("\n") == 3
    assert (tmp_path / "work/report/index.html").is_file()
    version, place, complete = run(programs / "python", "-c", SESSION, cwd=tmp_path).split()
    assert place.startswith(str(programs.parent))
    assert version == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert complete == "True"


def test_nothing_comes_from_the_checkout(programs: Path, tmp_path: Path) -> None:
    for package in (*PACKAGES, "hpacells"):
        place = run(programs / "python", "-c", f"import {package}; print({package}.__file__)", cwd=tmp_path)
        assert place.startswith(str(programs.parent)), place
