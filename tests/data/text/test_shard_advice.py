"""Advice in messages about the folder of a shard."""

import pytest

from data.errors import InputError
from data.text.shard_advice import name_shard


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "w/shards/1-of-4: crops is not finished; run `hpacells crops` with this work folder first",
            "w/shards/1-of-4: crops is not finished; "
            "run `hpacells crops --shard 1/4` with the work folder of all shards first",
        ),
        (
            "left out f: w/shards/0-of-2/f_cells.png: damaged; run `hpacells segment` again",
            "left out f: w/shards/0-of-2/f_cells.png: damaged; run `hpacells segment --shard 0/2` again",
        ),
        # Of two shards the message itself must say which.
        ("w/shards/0-of-2 and w/shards/1-of-2; run `hpacells crops`", None),
        ("w/shards/0-of-2: cut; run `hpacells crops --shard 0/2`", None),
        ("w/shards/0-of-2: cut; run `hpacells merge` again", None),
        ("w/tiles.zarr: damaged; run `hpacells crops` again", None),
        ("w/shards/0-of-20x: damaged; run `hpacells crops` again", None),
    ],
)
def test_commands_name_the_shard_of_the_folder(message: str, expected: str | None) -> None:
    assert name_shard(message) == (message if expected is None else expected)


def test_every_error_names_it() -> None:
    error = InputError(found="damaged", where="w/shards/0-of-2/masks", advice="run `hpacells segment` again")
    assert str(error) == "w/shards/0-of-2/masks: damaged; run `hpacells segment --shard 0/2` again"
