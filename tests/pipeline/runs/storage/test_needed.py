import pytest

from pipeline.runs.storage.needed import ALL, find_large, is_needed


@pytest.mark.parametrize(
    ("name", "command", "needed"),
    [
        ("cells.parquet", "evaluate", True),
        ("tiles.zarr/tiles/c/0", "predict", True),
        ("tiles.zarr/tiles/c/0", "combine", False),
        ("fields/tiles.zarr/tiles/c/0", "combine", False),
        ("fields/crops.json", "combine", True),
        ("masks/a_cells.png", "combine", True),
        ("masks/a_cells.png", "train", False),
        ("shards/0-of-2/cells.parquet", "predict", False),
        ("shards/0-of-2/cells.parquet", "merge", True),
        ("shards/0-of-2/cells.parquet", ALL, False),
        ("tiles.zarr/tiles/c/0", ALL, True),
    ],
)
def test_large_parts_are_for_those_who_read_them(name: str, command: str, needed: bool) -> None:
    assert is_needed(name, command) is needed


def test_large_parts_are_found_by_name() -> None:
    assert find_large("fields/tiles.zarr/x") == find_large("tiles.zarr/x") == "tiles.zarr"
    assert find_large("model/model.safetensors") == ""
