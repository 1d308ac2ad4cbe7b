from pathlib import Path

import pytest

from data.errors import InputError
from data.fields.fewer_channels.folder_channels import (
    check_protein_and_nuclei,
    choose_channels,
    find_channels,
    name_channels,
)
from data.fields.field import Field


def fields(*channels: str) -> list[Field]:
    return [
        Field(f"field-{number}", {channel: Path(f"{number}_{channel}.png") for channel in names.split()})
        for number, names in enumerate(channels)
    ]


def test_a_channel_that_any_field_has_is_one_of_the_folder() -> None:
    assert find_channels(fields("blue green", "yellow blue")) == ("green", "blue", "yellow")
    assert find_channels([]) == ()


@pytest.mark.parametrize(
    ("setting", "expected"),
    [("auto", ("red", "green", "blue")), (("blue", "green"), ("green", "blue")), (("blue",), ("blue",))],
)
def test_channels_that_are_used(setting, expected) -> None:
    assert choose_channels(fields("red green blue"), setting) == expected


@pytest.mark.parametrize(
    ("channels", "setting", "told"),
    [
        ("red green", "auto", r"the folder of the images: no blue \(nucleus\) channel \(found red, green\)"),
        ("red blue", ("red",), r"setting segment\.channels: no blue \(nucleus\)"),
        ("blue green", ("blue", "yellow", "red"), r"no field has a red \(microtubules\) and yellow \(ER\)"),
    ],
)
def test_channels_that_cannot_be_used(channels: str, setting, told: str) -> None:
    with pytest.raises(InputError, match=told):
        choose_channels(fields(channels), setting)


def test_own_masks_need_no_nuclei() -> None:
    assert choose_channels(fields("red green"), needs_nuclei=False) == ("red", "green")


@pytest.mark.parametrize(("channels", "missing"), [(("red", "blue"), "green"), (("green", "red"), "blue")])
def test_protein_and_nucleus_are_needed_to_classify(channels, missing: str) -> None:
    check_protein_and_nuclei(("green", "blue"))
    with pytest.raises(InputError, match=rf"the fields: no {missing} \("):
        check_protein_and_nuclei(channels)


def test_channels_are_named_with_their_stains() -> None:
    assert name_channels(["red", "yellow"], "or") == "red (microtubules) or yellow (ER)"
