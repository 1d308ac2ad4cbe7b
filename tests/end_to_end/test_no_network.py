"""No command asks the network, but ``weights fetch`` and a training that names a backbone of the hub."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import app

HOOK = """
import os, sys, traceback

def refuse(event, arguments):
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        what = arguments[0]
    elif event in ("socket.connect", "socket.sendto") and not isinstance(arguments[1], (str, bytes)):
        # Sockets of one machine, by which processes speak to each other, have a path for an address.
        what = arguments[1]
    else:
        return
    with open(os.environ["ASKED"], "a") as file:
        file.write(f"{event} {what!r} {sys.argv}\\n{''.join(traceback.format_stack(limit=12))}\\n")
    raise OSError("no network in this test")

sys.addaudithook(refuse)
"""
"""Notes and refuses what asks the network, in the command and in all Python processes that it starts."""

RECIPE = 'images = "all"\ndevice = "cpu"\n[tiles]\nsize = 32\n[fit]\nepochs = 1\n[backbone]\n'
HUB = 'name = "test_efficientnet"\npretrained = "hub"\n'
OFFLINE = 'name = "test_efficientnet"\npretrained = "none"\n'

Offline = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    (folder / "hook").mkdir()
    (folder / "hook" / "sitecustomize.py").write_text(HOOK)
    (folder / "recipe.toml").write_text(RECIPE + OFFLINE)
    (folder / "hub.toml").write_text(RECIPE + HUB)
    (folder / "locations.tsv").write_text(
        "Gene\tGene name\tReliability\tMain location\tEnhanced\tSupported\tApproved\tUncertain\n"
        "ENSG1\tG1\tEnhanced\tCytosol\tCytosol\t\t\t\n"
    )
    (folder / "genes.csv").write_text("ID,Gene\nA1,ENSG1\n")
    return folder


@pytest.fixture(scope="module")
def offline(world: Path) -> Offline:
    """Run a command that cannot reach the network; return its status, what it said, and what it asked."""

    def run(*words: str) -> tuple[int, str, str]:
        asked = world / "asked.txt"
        asked.unlink(missing_ok=True)
        path = os.pathsep.join(filter(None, (str(world / "hook"), os.environ.get("PYTHONPATH"))))
        # Nothing that was downloaded before may hide what would be asked.
        caches = {"HF_HOME": str(world / "hf"), "HPACELLS_WEIGHTS": str(world / "weights")}
        done = subprocess.run(
            [str(Path(sys.executable).with_name("hpacells")), *words],
            cwd=world,
            env=os.environ | caches | {"PYTHONPATH": path, "ASKED": str(asked)},
            capture_output=True,
            text=True,
            timeout=200,
        )
        return done.returncode, done.stdout + done.stderr, asked.read_text() if asked.exists() else ""

    return run


COMMANDS = [
    "simulate sim --fields 6 --size 512 --seed 11",
    "images sim",
    "plan sim --fields 2",
    "segment sim --work w --set segment.labelling=fast",
    "crops sim --work w",
    "find-rate --work w --labels sim/train.csv --recipe recipe.toml --set find_rate.steps=12",
    "train --work w --labels sim/train.csv --recipe recipe.toml",
    "curves w/model --output curves.png",
    "predict --work w",
    "distil --work w --recipe recipe.toml",
    "combine --work w",
    "score w/submission.csv sim/truth.csv",
    "ablate sim/truth.csv --work w --set ablate.samples=3",
    "submission check w/submission.csv --images sim/truth.csv",
    "submission decode w/submission.csv -o decoded",
    "submission diff w/submission.csv sim/truth.csv --truth sim/truth.csv",
    "submission merge w/submission.csv sim/truth.csv -o merged.csv",
    "evaluate --work w --labels sim/train.csv",
    "explore sim --labels sim/train.csv --work w",
    "features --work w",
    "inspect --work w",
    "provenance w",
    "export w --as h5ad",
    "view sim_0 --work w",
    "run sim --work unlabelled",
    "segment sim --work sharded --shard 0/1",
    "merge sharded",
    "labels locations.tsv --of genes.csv --out labels.csv",
    "doctor",
    "weights list",
    "weights check simhpa19 --images sim --fields 2 --segmenter classical --runtime torch",
    "weights convert nowhere.pth out.safetensors",
    "segmenter train seg --simulated 3 --steps 2",
    "segmenter compare lite classical --images sim --output compared",
]
WITHOUT_INPUT = ("weights convert", "view")
"""Commands that lack something here: a file of the published weights, which is too large, and napari."""


def names_of(typer_app: Any) -> set[str]:
    names = {(c.name or c.callback.__name__).replace("_", "-") for c in typer_app.registered_commands}
    for group in typer_app.registered_groups:
        names |= {f"{group.name} {name}" for name in names_of(group.typer_instance)}
    return names


def test_every_command_is_tried() -> None:
    names = names_of(app)
    tried = {next(n for n in names if f"{command} ".startswith(f"{n} ")) for command in COMMANDS}
    assert tried == names - {"weights fetch"}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_no_command_asks_the_network(offline: Offline) -> None:
    for command in COMMANDS:
        status, told, asked = offline(*command.split())
        assert asked == "", f"{command}\n{asked}"
        assert status == (2 if command.startswith(WITHOUT_INPUT) else 0), f"{command}\n{told}"


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    ["weights fetch dpn-unet", "train --work w --labels sim/train.csv --recipe hub.toml"],
    ids=["weights", "hub"],
)
def test_what_does_ask_says_so_in_one_line(offline: Offline, command: str) -> None:
    offline("simulate", "sim", "--fields", "6", "--size", "512", "--seed", "11")
    offline("segment", "sim", "--work", "w")
    offline("crops", "sim", "--work", "w")
    status, told, asked = offline(*command.split())
    assert asked
    assert status == 2
    assert "Traceback" not in told
    assert told.count("hpacells: error:") == 1
