import pytest
from typer.testing import CliRunner

from data.errors import InputError
from pipeline.cli import app
from pipeline.engines.torchrun import refuse_several


def test_several_processes_share_training_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    refuse_several("train")
    with pytest.raises(InputError, match="hpacells find-rate: 2 processes; expected one.*without torchrun"):
        refuse_several("find-rate")
    for count in ("1", None):
        monkeypatch.setenv("WORLD_SIZE", count) if count else monkeypatch.delenv("WORLD_SIZE")
        refuse_several("run")


@pytest.mark.parametrize(
    ("command", "advice"),
    [
        (["run", "images", "train.csv", "--work", "work"], "`hpacells train` with it, then `hpacells run`"),
        (["simulate", "out"], "start it without torchrun"),
        (["weights", "list"], "start it without torchrun"),
    ],
)
def test_commands_of_several_processes_stop_before_any_work(
    monkeypatch: pytest.MonkeyPatch, tmp_path, command: list[str], advice: str
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.chdir(tmp_path)
    error = CliRunner().invoke(app, command).exception
    assert isinstance(error, InputError)
    assert advice in str(error)
    assert not list(tmp_path.iterdir())
