from pathlib import Path

import pytest

from data.errors import InputError
from data.tiles.room import room_told


def test_the_room_that_is_needed_is_told(tmp_path: Path) -> None:
    store = tmp_path / ".tiles.zarr.partial"
    store.mkdir()
    (store / "shard").write_bytes(bytes(2 << 20))
    other = RuntimeError("another")
    full = RuntimeError("No space left on device (os error 28)")
    with (
        pytest.raises(InputError, match=r"MiB left\), 2 of 12 cells are cut; expected room for about 10 MiB"),
        room_told(store, 2, 12),
    ):
        raise full
    with pytest.raises(RuntimeError, match="another"), room_told(store, 2, 12):
        raise other
