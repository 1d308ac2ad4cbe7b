import errno

import pytest

from data.errors import InputError
from data.tiles.shards.room import room_told

FULL = OSError(errno.ENOSPC, "No space left on device")
FULL_AS_RUST_SAYS = RuntimeError("No space left on device (os error 28)")
OTHER = RuntimeError("checksum does not agree")


def test_a_full_disk_is_told_with_the_room_that_is_needed(tmp_path) -> None:
    store = tmp_path / "tiles.zarr"
    store.mkdir()
    (store / "shard").write_bytes(bytes(2 * 2**20))
    told = r"the disk is full \(\d+ MiB left\), 4 of 12 cells are cut.*about 4 MiB"
    with pytest.raises(InputError, match=told), room_told(store, written=4, count=12):
        raise FULL


def test_before_the_first_cell_the_room_is_estimated(tmp_path) -> None:
    with pytest.raises(InputError, match="room for about 95 MiB more"), room_told(tmp_path, 0, 1000):
        raise FULL_AS_RUST_SAYS


def test_other_errors_pass(tmp_path) -> None:
    with pytest.raises(RuntimeError, match="checksum"), room_told(tmp_path, 1, 2):
        raise OTHER
