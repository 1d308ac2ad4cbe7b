"""The engine that settings name, and what is said where it cannot be had."""

import importlib.util
from pathlib import Path

import fsspec
import pytest

from data.errors import InputError
from pipeline.engines.choice import open_engine
from pipeline.engines.local import LocalEngine
from pipeline.engines.settings import EngineSettings
from tests.factories.command_line import run_here
from tests.factories.simulated_set import simulate_into


def test_this_machine_is_the_default() -> None:
    with open_engine(EngineSettings.model_validate({})) as engine:
        assert isinstance(engine, LocalEngine)
        assert engine.name == ""


def test_an_address_needs_the_engine_that_has_one() -> None:
    settings = EngineSettings(ray_address="10.0.0.1:6379")
    with pytest.raises(InputError, match=r"engine.ray_address: .*expected engine ray"), open_engine(settings):
        pass


@pytest.mark.parametrize("command", ["segment", "run"])
def test_ray_that_is_not_installed(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images = tmp_path / "images"
    simulate_into(images, fields=1, size=400)
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "ray" else find(name, *rest)
    )
    told = run_here(command, images, "--work", tmp_path / "work", "--engine", "ray", status=2)
    (line,) = [line for line in told.splitlines() if "error" in line]
    assert line == (
        "hpacells: error: engine ray: Ray is not installed; expected the extra hpacells[ray]; run "
        "`pip install 'hpacells[ray]'`, or leave --engine out"
    )
    assert not (tmp_path / "work").exists()


@pytest.mark.parametrize("command", ["segment images", "crops images", "predict", "run images"])
def test_an_engine_that_there_is_not(command: str, tmp_path: Path) -> None:
    told = run_here(*command.split(), "--work", tmp_path / "work", "--engine", "dask", status=2)
    assert "engine.name" in told
    assert "'local' or 'ray'" in told


@pytest.mark.parametrize("command", ["segment", "run"])
def test_images_at_a_url_are_refused_by_ray_since_other_machines_have_no_copy(
    command: str, tmp_path: Path
) -> None:
    source, bucket = tmp_path / "images", fsspec.filesystem("memory")
    simulate_into(source, fields=1, size=400)
    bucket.put(str(source), "/refused", recursive=True)
    told = run_here(command, "memory://refused", "--work", tmp_path / "work", "--engine", "ray", status=2)
    assert "memory://refused: a URL, whose files only this machine would have" in told
    bucket.rm("/refused", recursive=True)
