"""No command asks the network, but ``weights fetch`` and a training that names a backbone of the hub."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import app
from tests.factories.command_line import run_here
from tests.factories.simulated_set import simulate_into

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

ONE_BY_ONE = """
import json, os, sys
from pathlib import Path

# Else the processes that commands start would import all this, too.
if __name__ == "__main__":
    import pipeline.plan.measured_run
    from tests.factories.command_line import finish_command
    from tests.factories.whole_job.processes import CONTEXT

    # The runs that a plan times begin with all imports, as the commands here do.
    pipeline.plan.measured_run.get_context = lambda _: CONTEXT
    asked = Path(os.environ["ASKED"])
    for words in json.loads(sys.argv[1]):
        done = finish_command(["hpacells", *words])
        found = asked.read_text() if asked.exists() else ""
        asked.unlink(missing_ok=True)
        print(json.dumps([done.returncode, done.stdout + done.stderr, found]), flush=True)
"""
"""Runs commands one after the other; what the imports ask counts for the first of them."""

RECIPE = 'images = "all"\ndevice = "cpu"\n[tiles]\nsize = 32\n[fit]\nepochs = 1\n[backbone]\n'
HUB = 'name = "test_efficientnet"\npretrained = "hub"\n'
OFFLINE = 'name = "test_efficientnet"\npretrained = "none"\n'

Offline = Callable[..., list[tuple[int, str, str]]]
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    (folder / "hook").mkdir()
    (folder / "hook" / "sitecustomize.py").write_text(HOOK)
    (folder / "one_by_one.py").write_text(ONE_BY_ONE)
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
    """Run commands that cannot reach the network; return status, messages, and what was asked of each."""

    def run(*commands: str) -> list[tuple[int, str, str]]:
        asked = world / "asked.txt"
        asked.unlink(missing_ok=True)
        # sitecustomize.py comes from the first of the paths; the processes that commands start have it, too.
        path = os.pathsep.join(filter(None, (str(world / "hook"), str(ROOT), os.environ.get("PYTHONPATH"))))
        # Nothing that was downloaded before may hide what would be asked.
        caches = {"HF_HOME": str(world / "hf"), "HPACELLS_WEIGHTS": str(world / "weights")}
        done = subprocess.run(
            [sys.executable, world / "one_by_one.py", json.dumps([command.split() for command in commands])],
            cwd=world,
            env=os.environ | caches | {"PYTHONPATH": path, "ASKED": str(asked)},
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == 0, done.stderr
        return [tuple(json.loads(line)) for line in done.stdout.splitlines()]

    return run


@pytest.fixture(scope="module")
def cropped(world: Path) -> None:
    """Simulated fields, and their cells in a work folder."""
    simulate_into(world / "fields", fields=6, size=512, seed=11)
    for stage in ("segment", "crops"):
        run_here(stage, world / "fields", "--work", world / "cells")


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
    "segmenter train seg --simulated 2 --steps 2 --set segmenter.simulated_size=512"
    " --set segmenter.fit.batch_size=2 --set segmenter.crops.size=128",
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
    for command, (status, told, asked) in zip(COMMANDS, offline(*COMMANDS), strict=True):
        assert asked == "", f"{command}\n{asked}"
        assert status == (2 if command.startswith(WITHOUT_INPUT) else 0), f"{command}\n{told}"


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    ["weights fetch dpn-unet", "train --work cells --labels fields/train.csv --recipe hub.toml"],
    ids=["weights", "hub"],
)
def test_what_does_ask_says_so_in_one_line(offline: Offline, cropped: None, command: str) -> None:
    ((status, told, asked),) = offline(command)
    assert asked
    assert status == 2
    assert "Traceback" not in told
    assert told.count("hpacells: error:") == 1
