"""Files that are small on the disk and would be huge in memory cost one line, and no other field anything."""

import base64
import shutil
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from tests.factories.images.writers import png_chunk

_LIMIT_KB = 3_000_000
_SIDE = 60_000


def run_limited(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command with 3 GB for its data, less than the files below would take."""
    shell = ["sh", "-c", f'ulimit -d {_LIMIT_KB}; exec "$@"', "sh"]
    command = [*shell, str(Path(sys.executable).with_name("hpacells")), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=200)


def write_bomb(path: Path) -> None:
    """Write a valid PNG of 60,000 px a side in few bytes of zeros."""
    packer = zlib.compressobj(1)
    pixels = packer.compress(bytes(1000)) + packer.flush()
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 0, 0, 0, 0))
    content = b"\x89PNG\r\n\x1a\n" + header + png_chunk(b"IDAT", pixels) + png_chunk(b"IEND", b"")
    path.write_bytes(content)


@pytest.fixture
def images(simulated: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    for path in simulated.glob("sim-11-0000[12]_*.png"):
        shutil.copy(path, folder)
    return folder


def test_a_picture_beyond_the_bound_costs_its_field_alone(images: Path, tmp_path: Path) -> None:
    write_bomb(images / "sim-11-00001_blue.png")
    told = f"a picture of {_SIDE} x {_SIDE} px; expected at most 120000000 px (setting images.max_pixels)"
    shown = run_limited("images", images)
    assert shown.returncode == 2
    assert shown.stderr.count(told) == 1
    done = run_limited("segment", images, "--work", tmp_path / "work", "--set", "segment.segmenter=classical")
    assert done.returncode == 2, done.stderr
    assert [line for line in done.stderr.splitlines() if "left out" in line and told in line]
    assert "Traceback" not in done.stderr
    assert (tmp_path / "work/masks/sim-11-00002_cells.png").is_file()
    assert not (tmp_path / "work/masks/sim-11-00001_cells.png").exists()


def test_the_bound_is_a_setting(images: Path) -> None:
    done = run_limited("images", images, "--set", f"images.max_pixels={768 * 768 - 1}")
    assert done.returncode == 2
    assert "expected at most 589823 px (setting images.max_pixels)" in done.stderr
    done = run_limited("images", images, "--set", f"images.max_pixels={768 * 768}")
    assert done.returncode == 0, done.stderr


def test_masks_that_unpack_without_end_are_refused_with_their_line(tmp_path: Path) -> None:
    packer = zlib.compressobj(9)
    bomb = b"".join(packer.compress(b"1" * 2**20) for _ in range(100)) + packer.flush()
    header = "ID,ImageWidth,ImageHeight,PredictionString\n"
    truth, submission = tmp_path / "truth.csv", tmp_path / "submission.csv"
    truth.write_text(f"{header}a,60000,60000,\nb,60000,60000,\n")
    mask = base64.b64encode(bomb).decode()
    submission.write_text(f"{header}a,60000,60000,\nb,60000,60000,3 0.5 {mask}\n")
    done = run_limited("score", submission, truth)
    assert done.returncode == 2
    (line,) = done.stderr.strip().splitlines()
    assert f"{submission}, line 3, image b, triple 1: the mask unpacks to far more than a mask" in line
