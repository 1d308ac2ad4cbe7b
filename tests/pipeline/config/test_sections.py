"""Which settings each command takes: those of its own sections, and a file with all of them."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from data.errors import InputError
from pipeline.cli import app
from pipeline.config.config import load_config
from pipeline.config.sections import SECTIONS, settings_of

COMMANDS = {
    "simulate out": ["simulate"],
    "segment nowhere --work w": ["images", "segment", "engine"],
    "crops nowhere --work w": ["images", "crops", "engine"],
    "crops --from nowhere.csv --work w": ["images", "crops", "engine"],
    "train --labels nowhere.csv --work w": ["images", "train"],
    "find-rate --labels nowhere.csv --work w": ["images", "find_rate", "train"],
    "distil --work w": ["distil", "train"],
    "predict --work w": ["images", "predict", "engine"],
    "combine --work w": ["combine"],
    "score nowhere.csv nowhere.csv": ["score"],
    "submission check nowhere.csv": ["submission"],
    "submission decode nowhere.csv -o out": ["submission"],
    "submission diff nowhere.csv nowhere.csv": ["submission", "score"],
    "submission merge nowhere.csv nowhere.csv -o out": ["submission"],
    "evaluate --labels nowhere.csv --work w": ["evaluate"],
    "explore --labels nowhere.csv --work w": ["images", "explore"],
    "features --work w": ["features"],
    "inspect --work w": ["inspect"],
    "segmenter train out": ["segmenter"],
    "segmenter compare a b --images nowhere": ["images", "segment", "compare"],
    "run nowhere --work w": ["images", "segment", "crops", "predict", "combine", "inspect", "engine"],
    "run nowhere --labels nowhere.csv --work w": [
        "images",
        "segment",
        "crops",
        "train",
        "predict",
        "combine",
        "inspect",
        "engine",
    ],
    "run nowhere --truth nowhere.csv --work w": [
        "images",
        "segment",
        "crops",
        "predict",
        "combine",
        "score",
        "inspect",
        "engine",
    ],
}


def complaint(command: str, *options: str, where: Path) -> str:
    words = [str(where / word) if word in ("w", "out") else word for word in command.split()]
    error = CliRunner().invoke(app, [*words, *options]).exception
    assert isinstance(error, InputError)
    return str(error)


@pytest.mark.parametrize("command", COMMANDS)
def test_settings_of_other_stages_are_refused(command: str, tmp_path: Path) -> None:
    reads = COMMANDS[command]
    for section in SECTIONS:
        told = complaint(command, "--set", f"{section}.nothing=1", where=tmp_path)
        if section in reads:
            assert f"unknown setting {section}.nothing; expected one of" in told
        else:
            assert f"--set {section}.nothing=1: this command does not read [{section}]" in told
            assert set(told.split("a setting of ")[1].split("; ")[0].split(" or ")) == {
                f"[{name}]" for name in reads
            }
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("section", SECTIONS)
def test_all_of_a_file_is_checked(section: str, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    lines = [f"[{name}]" for name in SECTIONS]
    file.write_text("\n".join(lines))
    load_config(file, reads=["combine"])
    lines.insert(SECTIONS.index(section) + 1, "nothing = 1")
    file.write_text("\n".join(lines))
    with pytest.raises(InputError, match=f"unknown setting {section}.nothing; expected one of "):
        load_config(file, reads=["combine"])


def test_a_file_is_checked_without_torch(tmp_path: Path) -> None:
    """It takes seconds to import, and light commands such as combine have no use for it."""
    file = tmp_path / "config.toml"
    lines = [f"[{name}]" for name in SECTIONS]
    lines.insert(SECTIONS.index("train") + 1, 'loss = { kind = "focal" }\nphases = [{ epochs = 2 }]')
    file.write_text("\n".join(lines))
    program = f"""
import sys
from typer.testing import CliRunner
from pipeline.cli import app
result = CliRunner().invoke(app, ["combine", "--work", {str(tmp_path)!r}, "--config", {str(file)!r}])
print(type(result.exception).__name__, result.exception, sorted({{"torch", "timm"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "InputError" in done.stdout
    assert "predict" in done.stdout
    assert done.stdout.endswith(" []\n")


def test_a_recipe_does_not_hide_what_is_wrong_with_the_file(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[train]\nnothing = 1\n")
    with pytest.raises(InputError, match=r"unknown setting train\.nothing"):
        load_config(file, recipe="hpacells", reads=["train"])


def test_a_file_may_hold_what_the_cells_of_an_index_need(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[crops]\nlabel_set = "hpa2018"\n')
    load_config(file, reads=["predict"])
    command = "run nowhere --labels nowhere.csv --work w"
    told = complaint(command, "--config", str(file), where=tmp_path)
    assert "unknown setting crops.label_set; expected one of neighbours" in told


def test_unknown_sections_list_what_there_is(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[predcit]\nworkers = 1\n")
    expected = rf"unknown section \[predcit\]; expected one of {', '.join(SECTIONS)}"
    with pytest.raises(InputError, match=expected):
        load_config(file, reads=["predict"])
    with pytest.raises(InputError, match=expected):
        load_config(None, ["predcit.workers=1"], reads=["predict"])


def test_every_section_has_settings_with_defaults() -> None:
    for section in SECTIONS:
        assert settings_of(section)() == settings_of(section).model_validate({})
