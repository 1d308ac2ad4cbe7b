import pytest
from typer.testing import CliRunner

from pipeline.benchmark import frozen_sets
from pipeline.benchmark.sets import VERSION
from pipeline.cli import app
from pipeline.commands import simulate as simulate_command
from pipeline.engines.local import LocalEngine


@pytest.fixture
def simulate(little, tmp_path, monkeypatch):
    """The command simulate into a folder, for the little benchmark, without starting processes."""
    monkeypatch.setattr(simulate_command, "local_engine", lambda: LocalEngine(workers=1))
    monkeypatch.setattr(frozen_sets, "benchmark_folder", lambda: tmp_path)

    def run(*options):
        return CliRunner().invoke(app, ["simulate", str(tmp_path / "set"), *options])

    return run


def test_each_part_is_told_then_frozen_and_checked(simulate, tmp_path):
    result = simulate("--benchmark", "one", "--freeze", "--check")
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0] == f"SimHPA-19 version {VERSION}"
    told = [line for line in lines if line.startswith("one/")]
    assert [line.partition(":")[0] for line in told] == ["one/train", "one/validation", "one/test"]
    assert lines[-1] == "one: as frozen"
    assert (tmp_path / "simhpa19-one.json").is_file()
    frozen = (tmp_path / "simhpa19-one.json").read_text()
    (tmp_path / "simhpa19-one.json").write_text(frozen.replace('"truth": "', '"truth": "0'))
    wrong = simulate("--benchmark", "one", "--check")
    assert wrong.exit_code == simulate_command.NOT_AS_FROZEN
    assert wrong.output.count("another truth") == 4


def test_one_part_alone(simulate, tmp_path):
    assert simulate("--benchmark", "one", "--part", "test").exit_code == 0
    assert [path.name for path in (tmp_path / "set").iterdir()] == ["test"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--benchmark", "one", "--fields", "3"], "fixed"),
        (["--benchmark", "one", "--set", "simulate.size=200"], "fixed"),
        (["--part", "test"], "go with --benchmark"),
        (["--check"], "go with --benchmark"),
    ],
)
def test_options_that_do_not_go_together(simulate, options, said):
    result = simulate(*options)
    assert result.exit_code == 2
    assert said in result.output
