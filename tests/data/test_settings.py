import json
from typing import ClassVar

import pytest
from pydantic import Field as Setting
from pydantic import ValidationError

from data.settings import OrNone, Settings, SpeedOnly


class Batches(Settings):
    size: int = 4
    threads: SpeedOnly[int] = Setting(default=2, ge=1)


class Part(Settings):
    kind: str = "one"
    batches: Batches = Batches()


class Whole(Settings):
    seed: int = 1
    memory: SpeedOnly[float] = 2.0
    part: Part = Part()
    phases: tuple[Part, ...] = ()
    names: tuple[str, ...] = ()


def of_result(**given: object) -> str:
    return json.dumps(Whole.model_validate(given).of_result().model_dump(mode="json"))


@pytest.mark.parametrize(
    "given", [{"memory": 9}, {"part": {"batches": {"threads": 7}}}, {"names": [], "memory": 0.5}]
)
def test_what_takes_time_or_memory_is_no_part_of_a_result(given: dict[str, object]) -> None:
    assert of_result(**given) == json.dumps(Whole().model_dump(mode="json"))


def test_settings_in_a_list() -> None:
    phase = {"kind": "two", "batches": {"size": 3}}
    threads = {"kind": "two", "batches": {"size": 3, "threads": 5}}
    assert of_result(phases=[phase, threads]) == of_result(phases=[phase, phase])
    assert of_result(phases=[phase]) != of_result(phases=[phase, phase])


@pytest.mark.parametrize(
    "given", [{"seed": 2}, {"part": {"kind": "two"}}, {"part": {"batches": {"size": 3}}}, {"names": ["a"]}]
)
def test_all_else_is(given: dict[str, object]) -> None:
    assert of_result(**given) == json.dumps(Whole.model_validate(given).model_dump(mode="json"))
    assert of_result(**given) != of_result()


def test_a_marked_setting_is_checked_as_any_other() -> None:
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        Batches(threads=0)
    assert Whole.model_validate({"memory": 9}).memory == 9


class Renamed(Settings):
    renamed: ClassVar = {"rate": "speed", "flag": "word"}
    converted: ClassVar = {"flag": lambda value: "yes" if value else "no"}

    speed: int = 1
    word: str = "no"


def test_what_an_earlier_version_wrote_is_read() -> None:
    assert Renamed.model_validate({"rate": 3, "flag": True}) == Renamed(speed=3, word="yes")
    assert Renamed.model_validate({"rate": 3}).model_dump() == {"speed": 3, "word": "no"}


@pytest.mark.parametrize("values", [{"rate": 3, "speed": 4}, {"speed": 4, "rate": 3}])
def test_a_setting_under_both_names_is_refused(values: dict[str, int]) -> None:
    with pytest.raises(ValidationError, match="speed is given twice"):
        Renamed.model_validate(values)


class Numbers(Settings):
    size: float = 1.0
    count: int | None = None
    limits: tuple[float, ...] = ()
    quick: bool = False
    either: bool | int = 0


@pytest.mark.parametrize("given", [{"size": True}, {"count": False}, {"limits": [0.5, True]}])
def test_true_is_no_number(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="true or false, where a number is expected"):
        Numbers.model_validate(given)


def test_true_where_it_is_meant() -> None:
    found = Numbers.model_validate({"quick": True, "either": True, "size": 2})
    assert (found.quick, found.either, found.size) == (True, True, 2.0)


@pytest.mark.parametrize(
    "given", [{"size": float("inf")}, {"size": float("nan")}, {"limits": [0.5, float("-inf")]}]
)
def test_numbers_are_finite(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="finite number"):
        Numbers.model_validate(given)


class Optional(Settings):
    limit: float | None = 1.0
    label_set: str | None = "one"
    start: OrNone = "there"
    name: str = "one"


@pytest.mark.parametrize("text", ["none", "None", " null", "", None])
def test_what_may_be_left_out_takes_none(text: str | None) -> None:
    """Written in a file or an option, where there is no other word for it."""
    none = Optional.model_validate({"limit": text, "label_set": text, "start": text})
    assert (none.limit, none.label_set, none.start) == (None, None, "")


def test_what_must_be_there_takes_none_as_a_text() -> None:
    assert Optional(name="none").name == "none"
    assert Optional(start="nonesuch").start == "nonesuch"
    with pytest.raises(ValueError, match="valid number"):
        Optional.model_validate({"limit": "nonesuch"})
