from collections import Counter
from pathlib import Path

import pytest

from data.errors import InputError
from data.fields.field import Field
from data.fields.shard import Shard, find_shard_number, parse_folder_name, parse_shard

IDS = [f"{number}_A{number % 7}_1" for number in range(2000)]


def test_a_shard_is_read_as_it_is_written() -> None:
    assert parse_shard("3/16") == Shard(count=16, number=3)
    assert str(Shard(16, 3)) == "3/16"
    assert parse_folder_name(Shard(16, 3).folder_name) == Shard(16, 3)


@pytest.mark.parametrize(
    "text", ["", "1", "4/4", "0/0", "-1/4", "1/4/2", "1.0/4", " 1/4", "\u0661/4", "0x1/4"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="--shard: .*expected i/n"):
        parse_shard(text)


@pytest.mark.parametrize("name", ["4-of-4", "01-of-4", "1-of-04", "1-of-4 (copy)", "1/4", "masks"])
def test_other_folders_are_no_shards(name: str) -> None:
    assert parse_folder_name(name) is None


@pytest.mark.parametrize("count", [1, 2, 7, 50])
def test_every_field_is_in_one_shard_and_shards_are_alike(count: int) -> None:
    fields = [Field(image_id, {"blue": Path("x")}) for image_id in IDS]
    shards = [Shard(count, number).select(fields) for number in range(count)]
    assert sorted(field.image_id for shard in shards for field in shard) == sorted(IDS)
    sizes = Counter(find_shard_number(image_id, count) for image_id in IDS)
    mean = len(IDS) / count
    assert all(abs(size - mean) < 5 * mean**0.5 for size in sizes.values())


def test_the_hash_never_changes() -> None:
    # Shards of one set may be made years and versions apart.
    assert [find_shard_number(image_id, 1000) for image_id in ("A1", "", "Zelle µ")] == [564, 652, 288]
