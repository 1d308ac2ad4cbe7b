"""The base of all settings below the stages: an unknown name is an error, a made object does not change."""

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, ClassVar, Self, TypeVar, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    ValidationInfo,
    field_validator,
    model_validator,
)

Value = TypeVar("Value")

_SPEED_ONLY = "speed only"

SpeedOnly = Annotated[Value, _SPEED_ONLY]
"""Type of a setting that takes time or memory and cannot change a result, such as ``SpeedOnly[int]``."""

_NONE = ("", "none", "null")


def _is_none(value: Any) -> bool:
    return value is None or (isinstance(value, str) and value.strip().casefold() in _NONE)


OrNone = Annotated[str, BeforeValidator(lambda value: "" if _is_none(value) else value)]
"""Type of a text that may be left out: empty also where it is none or null, as other settings take none."""


class Settings(BaseModel):
    """Settings of one part, checked by pydantic; a stage's settings hold them as a table of the same name.

    Attributes
    ----------
    renamed
        Old name -> new name of settings whose old name works for one version more.
    converted
        Old name -> what turns its value into that of the new name, where they differ.
    """

    # No number is infinite: what is multiplied by one that is gives NaN, which is below every threshold.
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    renamed: ClassVar[Mapping[str, str]] = {}
    converted: ClassVar[Mapping[str, Callable[[Any], Any]]] = {}

    @model_validator(mode="before")
    @classmethod
    def _take_old_names(cls, values: Any) -> Any:
        # For what earlier versions wrote, such as model.toml; a configuration was renamed with a warning.
        if not isinstance(values, Mapping) or not cls.renamed.keys() & values.keys():
            return values
        taken: dict[str, Any] = {}
        for name, value in values.items():
            new, convert = cls.find_new_name(name)
            if new in taken or (new != name and new in values):
                message = f"{new} is given twice, once under its old name"
                raise ValueError(message)
            taken[new] = convert(value)
        return taken

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_truth_for_numbers(cls, value: Any, info: ValidationInfo) -> Any:
        # Which pydantic takes for 1 and 0.
        field = cls.model_fields.get(info.field_name or "")
        if field is not None and _has_truth(value) and _is_of_numbers(field.annotation):
            message = "true or false, where a number is expected"
            raise ValueError(message)
        return value

    @field_validator("*", mode="before")
    @classmethod
    def _take_none(cls, value: Any, info: ValidationInfo) -> Any:
        # TOML has no word for it.
        field = cls.model_fields.get(info.field_name or "")
        may_be_none = field is not None and type(None) in get_args(field.annotation)
        return None if may_be_none and _is_none(value) else value

    @classmethod
    def find_new_name(cls, name: str) -> tuple[str, Callable[[Any], Any]]:
        """Return the name that a setting has now, and what turns an old value into a new one."""
        if name in cls.model_fields or name not in cls.renamed:
            return name, _keep
        return cls.renamed[name], cls.converted.get(name, _keep)

    def of_result(self) -> Self:
        """Return what a result depends on: these settings, with those of `SpeedOnly` at their defaults."""
        fields = type(self).model_fields.items()
        return self.model_copy(
            update={
                name: field.get_default()
                if _SPEED_ONLY in field.metadata
                else _of_result(getattr(self, name))
                for name, field in fields
            }
        )


def _of_result(value: Any) -> Any:
    if isinstance(value, Settings):
        return value.of_result()
    return tuple(map(_of_result, value)) if isinstance(value, tuple) else value


def _has_truth(value: Any) -> bool:
    return isinstance(value, bool) or (isinstance(value, list | tuple) and any(map(_has_truth, value)))


def _is_of_numbers(annotation: Any) -> bool:
    types = set(_list_types(annotation))
    return bool(types & {int, float}) and not types & {bool, Any}


def _list_types(annotation: Any) -> Iterator[Any]:
    yield annotation if isinstance(annotation, type) else Any if annotation is Any else None
    for part in get_args(annotation):
        yield from _list_types(part)


def _keep(value: Any) -> Any:
    return value


def kind_or(default: str) -> Discriminator:
    """Choose among alternative settings by their ``kind``, so that each has just the settings that it reads.

    Use as ``Annotated[Annotated[A, Tag("a")] | Annotated[B, Tag("b")], kind_or("a")]``.

    Parameters
    ----------
    default
        The kind where none is named.
    """

    def kind_of(settings: Any) -> str:
        if isinstance(settings, Mapping):
            return str(settings.get("kind", default))
        return str(getattr(settings, "kind", default))

    return Discriminator(kind_of)
