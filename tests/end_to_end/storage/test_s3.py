"""Images and work folder in a bucket of a real S3 server: the results are those of this machine's disk."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from data.fields.image_folder import find_fields
from data.storage.remote import Remote
from data.tiles.tile_store import TileStore
from tests.factories.command_line import run_here
from tests.factories.simulated_set import simulate_into
from tests.factories.storage.bucket import Bucket
from tests.factories.storage.latency_proxy import latency_proxy
from tests.factories.storage.new_cache import use_new_cache
from tests.factories.storage.s3_server import forget_clients, s3_settings

CLASSICAL = ("--set", "segment.segmenter=classical")
TABLES = ("images.parquet", "cells.parquet", "predictions.parquet", "submission.csv")


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four simulated fields, the second of which has a truncated file."""
    folder = tmp_path_factory.mktemp("images")
    simulate_into(folder, fields=4, size=400, seed=5)
    broken = folder / f"{find_fields(folder)[1].image_id}_green.png"
    broken.write_bytes(broken.read_bytes()[:200])
    return folder


@pytest.fixture(scope="module")
def local(images: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the stages make of them on this machine's disk."""
    work = tmp_path_factory.mktemp("local")
    make_all(images, work)
    return work


def make_all(images: object, work: object) -> None:
    # The lite segmenter does not see green.
    run_here("segment", images, "--work", work)
    message = run_here("crops", images, "--work", work, status=2)
    assert message.count("crops: left out") == 1
    run_here("predict", "--work", work, "--model", "simhpa19")
    run_here("combine", "--work", work)


def use_other_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Go on as on another machine, which has no copies."""
    use_new_cache(monkeypatch, tmp_path / "other-cache")


def test_results_are_bit_equal_and_stay_so_on_another_machine(
    bucket: Bucket, images: Path, local: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, work = bucket.put_folder(images, "images"), f"{bucket.url}/work"
    make_all(source, work)
    sent = bucket.read_all("work")
    for name in TABLES:
        assert sent[name] == (local / name).read_bytes(), name
    masks = sorted(path.name for path in local.glob("masks/*.png"))
    assert len(masks) == 8
    for name in masks:
        assert sent[f"masks/{name}"] == (local / "masks" / name).read_bytes()
    fetched = tmp_path / "fetched"
    for name, content in sent.items():
        (fetched / name).parent.mkdir(parents=True, exist_ok=True)
        (fetched / name).write_bytes(content)
    ours, theirs = TileStore(local / "tiles.zarr"), TileStore(fetched / "tiles.zarr")
    assert len(ours) == len(theirs) > 3
    rows = np.arange(len(ours))
    np.testing.assert_array_equal(ours.read(rows), theirs.read(rows))
    assert ".lock" not in sent
    use_other_machine(monkeypatch, tmp_path)
    for stage in ("predict", "combine"):
        more = ("--model", "simhpa19") if stage == "predict" else ()
        assert f"{stage}: done before, nothing changed" in run_here(stage, "--work", work, *more)
    copies = [path.name for path in (tmp_path / "other-cache").rglob("work/*/bucket/*/work/*")]
    assert "tiles.zarr" in copies
    assert bucket.read_all("work") == sent


def test_what_is_recorded_has_no_secret_and_no_path_of_a_cache(bucket: Bucket, images: Path) -> None:
    source = bucket.put_folder(images, "images")
    run_here("segment", source, "--work", f"{bucket.url}/work", *CLASSICAL)
    for name, content in bucket.read_all("work").items():
        assert b"secret-of-the-tests" not in content, name
        assert b"/cache/storage" not in content, name
    assert json.loads(bucket.read("work/segment.json"))["details"]["images"] == source


def test_a_field_whose_object_is_gone_stops_no_other(bucket: Bucket, images: Path) -> None:
    source = bucket.put_folder(images, "images")
    first = find_fields(images)[0].image_id
    bucket.remove(f"images/{first}_blue.png")
    message = run_here("segment", source, "--work", f"{bucket.url}/work", *CLASSICAL, status=2)
    assert message.count("segment: left out") == 1
    assert f"left out {first}: field {first} in {source}: no blue channel" in message
    assert len([name for name in bucket.list("work/masks") if name.endswith("_cells.png")]) == 3


def test_an_interrupted_upload_is_repeated(
    bucket: Bucket, images: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    source, work = bucket.put_folder(images, "images"), f"{bucket.url}/work"
    send, sent = Remote.send, []

    def break_off(remote: Remote, path: Path, name: str) -> None:
        sent.append(name)
        if len(sent) > 5:
            raise KeyboardInterrupt
        send(remote, path, name)

    with monkeypatch.context() as patched:
        patched.setattr(Remote, "send", break_off)
        run_here("segment", source, "--work", work, *CLASSICAL, status=130)
    assert len(bucket.list("work")) > 0
    assert "segment.json" not in bucket.list("work")
    message = run_here("segment", source, "--work", work, *CLASSICAL)
    assert "sending what was not sent" in message
    assert "segment: done before" in message
    assert {"segment.json", "cells.parquet"} <= bucket.list("work")
    before = bucket.read_all("work")
    use_other_machine(monkeypatch, tmp_path)
    assert "done before" in run_here("segment", source, "--work", work, *CLASSICAL)
    assert bucket.read_all("work") == before


def test_a_killed_run_goes_on(bucket: Bucket, images: Path, tmp_path: Path) -> None:
    source, work = bucket.put_folder(images, "images"), f"{bucket.url}/work"
    command = [str(Path(sys.executable).with_name("hpacells")), "segment", source, "--work", work, *CLASSICAL]
    with latency_proxy(bucket.address, 0.2) as proxy:
        environment = os.environ | s3_settings(proxy.address)
        process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        wait_for(lambda: any("masks" in name for name in bucket.list("work")), process)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    left = bucket.list("work")
    assert ".lock" in left
    assert "segment.json" not in left
    # The same server by another address is another place: what was here of it is not known to be the same.
    forget_clients()
    message = run_here("segment", source, "--work", work, *CLASSICAL)
    assert "4 fields" in message
    assert {"segment.json", "cells.parquet"} <= bucket.list("work")
    assert ".lock" not in bucket.list("work")


def wait_for(happens: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    for _ in range(600):
        if happens():
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    pytest.fail("it did not happen")


@pytest.mark.parametrize("host", ["another-machine", ""])
def test_one_command_at_a_time(bucket: Bucket, images: Path, host: str) -> None:
    import socket

    # No process has this number.
    holder = {
        "command": "hpacells crops",
        "process": 4194999,
        "host": host or socket.gethostname(),
        "since": "now",
    }
    bucket.put("work/.lock", json.dumps(holder).encode())
    status = 2 if host else 0
    message = run_here("segment", images, "--work", f"{bucket.url}/work", *CLASSICAL, status=2 if host else 0)
    assert (".lock" in bucket.list("work")) == bool(status)
    if host:
        assert message.count("\n") == 1
        assert "`hpacells crops`, process 4194999 on another-machine, since now" in message
        assert f"remove {bucket.url}/work/.lock" in message


def test_results_of_two_machines_are_not_mixed(
    bucket: Bucket, images: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    work, few = f"{bucket.url}/work", tmp_path / "few"
    shutil.copytree(images, few)
    for path in few.glob(f"{find_fields(images)[0].image_id}_*"):
        path.unlink()
    send = Remote.send

    def refuse(remote: Remote, path: Path, name: str) -> None:
        if name == "cells.parquet":
            raise KeyboardInterrupt
        send(remote, path, name)

    with monkeypatch.context() as patched:
        patched.setattr(Remote, "send", refuse)
        run_here("segment", images, "--work", work, *CLASSICAL, status=130)
    with monkeypatch.context() as patched:
        use_other_machine(patched, tmp_path)
        run_here("segment", few, "--work", work, *CLASSICAL)
    before = bucket.read_all("work")
    message = run_here("segment", images, "--work", work, *CLASSICAL, status=2)
    assert message.count("\n") == 1
    assert "changed there, and also in this machine's copy" in message
    assert bucket.read_all("work") == before


@pytest.mark.slow
def test_an_edited_mask_at_the_url_is_noticed(
    bucket: Bucket, images: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    source, work = bucket.put_folder(images, "images"), f"{bucket.url}/work"
    make_all(source, work)
    name = sorted(name for name in bucket.list("work/masks") if name.endswith("_cells.png"))[0]
    mask = cv2.imdecode(np.frombuffer(bucket.read(f"work/masks/{name}"), np.uint8), cv2.IMREAD_UNCHANGED)
    mask[mask == mask.max()] = 0
    bucket.put(f"work/masks/{name}", cv2.imencode(".png", mask)[1].tobytes())
    for _ in "here", "there":
        message = run_here("predict", "--work", work, "--model", "simhpa19", status=2)
        assert "was edited after its cells were measured" in message
        use_other_machine(monkeypatch, tmp_path)


@pytest.mark.slow
def test_shards_of_two_machines_are_merged_on_a_third(
    bucket: Bucket, images: Path, local: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    source, work = bucket.put_folder(images, "images"), f"{bucket.url}/work"
    for number in range(2):
        use_new_cache(monkeypatch, tmp_path / f"machine-{number}")
        shard = ("--shard", f"{number}/2")
        run_here("segment", source, "--work", work, *shard)
        run_here("crops", source, "--work", work, "--allow-failed", *shard)
        run_here("predict", "--work", work, "--model", "simhpa19", *shard)
    use_other_machine(monkeypatch, tmp_path)
    run_here("merge", work, "--allow-failed")
    run_here("combine", "--work", work)
    for name in TABLES:
        assert bucket.read(f"work/{name}") == (local / name).read_bytes(), name


@pytest.mark.slow
def test_a_classifier_is_trained_in_a_bucket(
    bucket: Bucket,
    images: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    write_recipe: Callable[[str], Path],
) -> None:
    source, work = bucket.put_folder(images, "images"), f"{bucket.url}/work"
    run_here("segment", source, "--work", work, *CLASSICAL)
    run_here("crops", source, "--work", work, "--allow-failed")
    use_other_machine(monkeypatch, tmp_path)
    recipe = write_recipe("all")
    run_here("train", "--work", work, "--labels", images / "train.csv", "--recipe", recipe)
    names = bucket.list("work")
    assert "train.json" in names
    assert any(name.endswith("model.safetensors") for name in names)
    use_new_cache(monkeypatch, tmp_path / "third-cache")
    run_here("predict", "--work", work)
    assert "predictions.parquet" in bucket.list("work")
