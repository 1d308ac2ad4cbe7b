import copy
import sys
from pathlib import Path

import pytest

from data.errors import InputError
from data.fields.field import Field
from data.paths.channel_paths import ChannelPaths

FOLDER = Path("/images/plate 1")


@pytest.mark.parametrize(
    "paths",
    [
        {},
        {"green": FOLDER / "a_green.png"},
        {"red": FOLDER / "a_red.png", "green": FOLDER / "a_green.tif", "blue": FOLDER / "a.png"},
        {"red": Path("/red/a.png"), "green": Path("/green/a.png")},
        {"red": Path("a.png"), "green": Path("b/a.png")},
        {"red": Path("a.png"), "green": Path("b.png")},
        {"red": Path(".."), "green": Path("../x")},
        {"red": Path()},
        {"all": Path("/")},
    ],
)
def test_they_are_the_paths_that_were_given(paths: dict[str, Path]) -> None:
    kept = ChannelPaths(paths)
    assert dict(kept) == paths
    assert kept == paths
    assert list(kept) == list(paths)
    assert repr(kept) == repr(paths)
    assert dict(copy.deepcopy(kept)) == paths
    assert "yellow" not in kept
    assert kept.get("yellow") is None
    with pytest.raises(KeyError):
        kept["yellow"]


def test_fields_share_their_folder_and_channels() -> None:
    one, other = (
        Field(name, {channel: FOLDER / f"{name}_{channel}.png" for channel in ("red", "green")})
        for name in ("a", "b")
    )
    assert isinstance(one.files, ChannelPaths)
    assert isinstance(other.files, ChannelPaths)
    assert one.files._folder is other.files._folder
    assert one.files._channels is other.files._channels
    assert one.duplicates is other.duplicates
    assert sys.getsizeof(one.files) < 100


def test_a_fault_keeps_no_trace_of_where_it_was_raised() -> None:
    fault = InputError("no picture", where="here", expected="one")
    field = Field("a", {"green": FOLDER / "a.png"}, fault=fault)
    with pytest.raises(InputError) as raised:
        field.read(["green"])
    assert fault.__traceback__ is None
    assert (str(raised.value), raised.value.found, raised.value.expected) == (str(fault), "no picture", "one")
