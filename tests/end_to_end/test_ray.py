"""The commands on a Ray cluster of two nodes: what they write is what they write on one machine."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from data.fields.image_folder import find_fields
from tests.end_to_end.test_shards import TIMES
from tests.factories.command_line import run_here
from tests.factories.simulated_set import simulate_into
from tests.pipeline.engines.on_ray.two_nodes import two_nodes

pytest.importorskip("ray", reason="Ray is not installed (the extra hpacells[ray])")

pytestmark = pytest.mark.slow

STAGES = ("segment", "crops", "predict")
COUNT = 80
HPACELLS = Path(sys.executable).with_name("hpacells")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with two_nodes() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six simulated fields; of the first no nuclei can be read, of the second no protein."""
    folder = tmp_path_factory.mktemp("images")
    simulate_into(folder, fields=6, size=400, seed=5)
    first, second, *_ = find_fields(folder)
    for field, channel in ((first, "blue"), (second, "green")):
        field.files[channel].write_bytes(field.files[channel].read_bytes()[:200])
    return folder


def make(stage: str, images: Path, work: Path, *more: object, status: int = 2) -> str:
    given = {"segment": (images,), "crops": (images,), "predict": ("--model", "simhpa19")}
    status = 0 if stage == "predict" else status
    return run_here(stage, *given[stage], "--work", work, *more, status=status)


def list_lines(told: str, work: Path) -> list[str]:
    """What was told, but for lines of the engine, the work folder, and how long it took."""
    lines = re.sub(r" \([\d.]+ s\)$", "", told.replace(str(work), "WORK"), flags=re.MULTILINE).splitlines()
    return [line for line in lines if not line.startswith("engine: ")]


def read_files(work: Path) -> dict[str, bytes]:
    """The content of all results of a work folder, by their paths; what is hidden keeps times of files."""
    patterns = ("*.parquet", "masks/*.png", "tiles.zarr/**/*")
    paths = [path for pattern in patterns for path in work.glob(pattern) if path.is_file()]
    return {str(path.relative_to(work)): path.read_bytes() for path in paths}


def read_manifest(work: Path, stage: str) -> dict[str, Any]:
    manifest = json.loads((work / f"{stage}.json").read_text())
    return {name: value for name, value in manifest.items() if name not in TIMES}


@pytest.mark.parametrize("segmenter", ["classical", "lite"])
def test_files_messages_and_manifests_are_those_of_one_machine(
    cluster: Any, images: Path, tmp_path: Path, segmenter: str
) -> None:
    local, remote = tmp_path / "local", tmp_path / "remote"
    for stage in STAGES:
        more = ("--segmenter", segmenter) if stage == "segment" else ()
        here = make(stage, images, local, *more)
        there = make(stage, images, remote, *more, "--engine", "ray", "--ray-address", cluster.address)
        assert list_lines(there, remote) == list_lines(here, local)
        manifest = read_manifest(remote, stage)
        engine = manifest["details"].pop("engine")
        assert engine.startswith("Ray ")
        assert engine.endswith(", 2 nodes, 2 CPUs")
        assert manifest == read_manifest(local, stage)
    files = read_files(local)
    assert len(files) > 10
    assert read_files(remote) == files
    # The engine is no reason to do anything again.
    assert "predict: done before, nothing changed" in make("predict", images, remote)


def test_a_whole_job_by_the_engine_of_a_file(cluster: Any, images: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'[engine]\nname = "ray"\nray_address = "{cluster.address}"\n')
    work = tmp_path / "work"
    run_here("run", images, "--work", work, "--config", config, status=2)
    assert (work / "report" / "index.html").is_file()
    engines = {
        path.stem: json.loads(path.read_text()).get("details", {}).get("engine")
        for path in work.glob("*.json")
    }
    assert {stage for stage, engine in engines.items() if engine} == set(STAGES)
    assert engines["combine"] is None


def test_masks_that_were_given_or_edited_are_told_as_on_one_machine(
    cluster: Any, images: Path, tmp_path: Path
) -> None:
    made = tmp_path / "made"
    make("segment", images, made, "--segmenter", "classical")
    own = tmp_path / "own"
    own.mkdir()
    for path in made.glob("masks/*_cells.png"):
        (own / path.name).write_bytes(path.read_bytes())
    engines = {"local": (), "remote": ("--engine", "ray", "--ray-address", cluster.address)}
    told = {
        name: list_lines(make("segment", images, tmp_path / name, "--masks", own, *engine), tmp_path / name)
        for name, engine in engines.items()
    }
    assert told["remote"] == told["local"]
    assert any(line.startswith("masks: ") for line in told["local"])
    assert read_files(tmp_path / "remote") == read_files(tmp_path / "local")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_what_was_started_is_stopped_with_the_command(
    tmp_path: Path, number: signal.Signals, status: int
) -> None:
    """Ray that the command itself has started: its processes and its files are gone, and the work goes on."""
    images, work = tmp_path / "images", tmp_path / "work"
    simulate_into(images, fields=4, size=1200, seed=5)
    # So many that the command is at work whenever the signal comes.
    for path in sorted(images.glob("*.png")):
        for copy in range(1, COUNT // 4):
            path.with_name(f"copy-{copy}-{path.name}").hardlink_to(path)
    environment = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
    words = [str(HPACELLS), "segment", str(images), "--work", str(work), "--segmenter", "classical"]
    before = list_sessions()
    started = subprocess.Popen(
        [*words, "--engine", "ray"],
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
        # Jobs in the background of a shell ignore Ctrl-C, and so would what they start.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    wait_for(lambda: len(list(work.glob("masks/*_cells.png"))) >= 2 or started.poll() is not None)
    (session,) = (new for new in list_sessions() - before if started.pid in list_ancestors(new))
    assert len(list_processes(session)) >= 3
    assert find_listening(session) == {"127.0.0.1"}
    started.send_signal(number)
    _, told = started.communicate(timeout=60)
    assert started.returncode == status, told
    assert told.splitlines()[-1].endswith("stopped; the same command resumes where it stopped")
    assert "Traceback" not in told
    assert not session.exists()
    wait_for(lambda: not list_processes(session), seconds=20)
    done = len(list(work.glob("masks/.fields/*.parquet")))
    assert 0 < done < COUNT
    resumed = run_here("segment", images, "--work", work, "--segmenter", "classical")
    assert f"{COUNT} fields, {done} reused, 0 failed" in resumed


def list_sessions() -> set[Path]:
    """Folders of Ray that commands have started."""
    return set(Path("/tmp").glob("hpacells-ray-*")) - set(Path("/tmp").glob("hpacells-ray-test-*"))  # noqa: S108


def list_processes(session: Path) -> list[Path]:
    """Folders in ``/proc`` of the processes that work in a folder of Ray."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        # Some have just ended.
        with suppress(OSError):
            if str(session) in (path / "cmdline").read_bytes().decode():
                found.append(path)
    return found


def list_ancestors(session: Path) -> set[int]:
    """Numbers of the processes that have started those which work in a folder of Ray."""
    found = set[int]()
    for path in list_processes(session):
        with suppress(psutil.NoSuchProcess):
            found |= {parent.pid for parent in psutil.Process(int(path.name)).parents()}
    return found


def find_listening(session: Path) -> set[str]:
    """Addresses on which the processes listen that work in a folder of Ray."""
    links = set()
    for process in list_processes(session):
        for file in (process / "fd").iterdir():
            with suppress(OSError):
                links.add(str(file.readlink()))
    found = set()
    tables = [Path(f"/proc/net/{name}").read_text().splitlines() for name in ("tcp", "tcp6")]
    for words in (line.split() for table in tables for line in table):
        if words[3] == "0A" and f"socket:[{words[9]}]" in links:
            # Of IPv4 in IPv6, the end.
            address = bytes.fromhex(words[1].split(":")[0])
            is_ipv4 = len(address) == 4 or address[:12] == bytes.fromhex("0000000000000000FFFF0000")
            found.add(socket.inet_ntoa(address[-4:][::-1]) if is_ipv4 else address.hex())
    return found


def wait_for(condition: Any, seconds: float = 90) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.1)


@pytest.mark.parametrize("address", ["127.0.0.1:1", "nowhere.invalid:6379", "127.0.0.1:99999"])
def test_a_cluster_that_is_not_there(
    images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    words = [str(HPACELLS), "segment", str(images), "--work", str(tmp_path / "work")]
    done = subprocess.run(
        [*words, "--segmenter", "classical", "--engine", "ray", "--ray-address", address],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 2
    assert f"--ray-address {address}: no Ray cluster (" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
