"""Label sets: the names of the classes, in a file, so that another set of classes needs no other code."""

from collections.abc import Sequence
from importlib import resources
from os import PathLike
from pathlib import Path

from pydantic import Field as Setting
from pydantic import ValidationError, field_validator, model_validator

from data.errors import InputError
from data.settings import Settings
from data.text.named_file import find_named
from data.text.toml_file import read_toml

_EXPECTED = 'a TOML file with names = ["...", "..."] and, where a class is negative, negative = "..."'
_MOST_CLASSES = 2**15 - 1


class LabelSet(Settings):
    """The classes, by name; a class number is a name's place.

    Attributes
    ----------
    names
        Names of the classes, class 0 first, each once.
    negative
        Number of the class of a cell without staining, or None; may be given by name.
    title
        What messages call the set; by default the name or the path by which it was read.

    Examples
    --------
    >>> import hpacells as hpa
    >>> classes = hpa.LabelSet(names=("nucleus", "cytosol", "none"), negative="none")
    >>> len(classes), classes.negative, classes.find("Cytosol")
    (3, 2, 1)
    """

    names: tuple[str, ...] = Setting(min_length=1, max_length=_MOST_CLASSES)
    negative: int | None = None
    title: str = ""

    @field_validator("names")
    @classmethod
    def _check_names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        told = {name.strip().casefold() for name in names}
        if len(told) < len(names) or "" in told:
            message = "a name is empty, or there twice"
            raise ValueError(message)
        if any("|" in name or name.strip().isdecimal() for name in names):
            message = "a name is a number, or has a | in it"
            raise ValueError(message)
        return tuple(name.strip() for name in names)

    @model_validator(mode="before")
    @classmethod
    def _number_negative(cls, settings: object) -> object:
        if isinstance(settings, dict) and isinstance(settings.get("negative"), str):
            named = settings["negative"]
            if named not in settings.get("names", ()):
                message = f"negative = {named!r} is none of the names"
                raise ValueError(message)
            return settings | {"negative": list(settings["names"]).index(named)}
        return settings

    @model_validator(mode="after")
    def _check_negative(self) -> "LabelSet":
        if self.negative is not None and not 0 <= self.negative < len(self.names):
            message = f"negative = {self.negative} is none of the classes 0..{len(self.names) - 1}"
            raise ValueError(message)
        return self

    def __len__(self) -> int:
        """Count the classes."""
        return len(self.names)

    def __str__(self) -> str:
        """Name the set, for messages."""
        return f"the label set {self.title}".rstrip()

    def find(self, text: str) -> int | None:
        """Find a class by its number or its name (in any letter case); None where there is no such class."""
        wanted = text.strip().casefold()
        if wanted.isdecimal():
            # Of a number of thousands of digits Python makes none.
            is_short = len(wanted.lstrip("0")) <= len(str(_MOST_CLASSES))
            return int(wanted) if is_short and int(wanted) < len(self.names) else None
        folded = [name.casefold() for name in self.names]
        return folded.index(wanted) if wanted in folded else None


def read_label_set(name_or_path: str | PathLike[str]) -> LabelSet:
    """Read a label set: one that comes with hpacells, by its name, or a TOML file.

    Raises
    ------
    InputError
        There is no such set (the message lists those that come with hpacells), or the file is no label set.

    Examples
    --------
    >>> import hpacells as hpa
    >>> len(hpa.read_label_set("hpa2021")), len(hpa.read_label_set("hpa2018"))
    (19, 28)
    """
    path = find_named(name_or_path, _bundled_folder(), "label set")
    if not path.is_file():
        names = ", ".join(list_label_sets())
        raise InputError(
            found="no such label set", where=name_or_path, expected=f"a TOML file or one of {names}"
        )
    try:
        told = {"title": str(name_or_path)} | read_toml(path)
        return LabelSet.model_validate(told)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        reason = f"{name}: {message}" if name else message
        raise InputError(found=f"not a label set ({reason})", where=path, expected=_EXPECTED) from None
    except (OSError, ValueError) as error:
        raise InputError(found=f"not a label set ({error})", where=path, expected=_EXPECTED) from None


def find_unshared(names: Sequence[str], others: Sequence[str]) -> str | None:
    """Return a class of which only one of two lists has the name, the first list's first; None for none."""
    unshared = [name for name in names if name not in others] or [
        name for name in others if name not in names
    ]
    return unshared[0] if unshared else None


def list_label_sets() -> list[str]:
    """Return the names of the label sets that come with hpacells, in alphabetical order."""
    return sorted(file.stem for file in _bundled_folder().glob("*.toml"))


def _bundled_folder() -> Path:
    return Path(str(resources.files("configs").joinpath("label_sets")))


HPA2021 = read_label_set("hpa2021")
"""The 19 classes of the Kaggle 2021 competition."""
