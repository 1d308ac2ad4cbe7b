from pathlib import Path

import pytest

from data.errors import InputError
from data.fields.shard import Shard
from pipeline.shards.folders import command, find_shard, find_whole, list_shards, locate_shard


def test_a_shard_is_known_by_its_place(tmp_path: Path) -> None:
    folder = locate_shard(tmp_path, Shard(4, 1))
    assert folder == tmp_path / "shards/1-of-4"
    assert find_shard(folder) == Shard(4, 1)
    assert find_whole(folder) == tmp_path
    assert find_shard(tmp_path) is None
    assert find_shard(tmp_path / "1-of-4") is None
    assert find_shard(tmp_path / "shards/4-of-4") is None


def test_all_shards_are_listed_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for number in (10, 2, 0, *range(3, 10), 1):
        locate_shard(tmp_path, Shard(11, number)).mkdir(parents=True)
    (tmp_path / "shards/notes.txt").touch()
    (tmp_path / "shards/0-of-11 (copy)").mkdir()
    found = list_shards(tmp_path)
    assert list(found) == [Shard(11, number) for number in range(11)]
    assert found[Shard(11, 10)].cells == tmp_path / "shards/10-of-11/cells.parquet"


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "no shards"),
        (["notes"], "no shards"),
        (["0-of-2"], "shard 1/2 is missing.*--shard 1/2"),
        (["0-of-3", "2-of-3"], "shard 1/3 is missing"),
        (["0-of-1", "0-of-2", "1-of-2"], "shards of 1 and of 2, such as 0/1 and 0/2"),
    ],
)
def test_what_is_no_whole_set_is_refused(tmp_path: Path, names: list[str], message: str) -> None:
    for name in names:
        (tmp_path / "shards" / name).mkdir(parents=True)
    with pytest.raises(InputError, match=message):
        list_shards(tmp_path)


def test_commands_can_be_pasted_into_a_shell() -> None:
    assert (
        command("crops", Path("my work"), Shard(2, 1), Path("my images"))
        == "`hpacells crops 'my images' --work 'my work' --shard 1/2`"
    )
    assert command("predict", Path("w"), Shard(2, 0)) == "`hpacells predict --work w --shard 0/2`"
    assert command("segment", Path("w"), Shard(2, 0)) == "`hpacells segment IMAGES --work w --shard 0/2`"
