"""Shards: parts of a set of fields that machines work on side by side."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from data.errors import InputError

if TYPE_CHECKING:
    from data.fields.field import Field

_TEXT = re.compile(r"(?P<number>[0-9]{1,6})/(?P<count>[0-9]{1,6})")
_FOLDER = re.compile(r"(?P<number>[0-9]{1,6})-of-(?P<count>[0-9]{1,6})")


@dataclass(frozen=True, order=True)
class Shard:
    """One part of a set of fields.

    A hash of its ID says which part a field is in, so fields that are added or removed move no other.

    Attributes
    ----------
    count
        How many parts there are.
    number
        Which one this is, from 0.
    """

    count: int
    number: int

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    @property
    def folder_name(self) -> str:
        """Name of its folder, such as ``0-of-4``."""
        return f"{self.number}-of-{self.count}"

    def holds(self, image_id: str) -> bool:
        """Check whether a field belongs to this part."""
        return find_shard_number(image_id, self.count) == self.number

    def select(self, fields: Iterable["Field"]) -> list["Field"]:
        """Return the fields of this part, in the order given."""
        return [field for field in fields if self.holds(field.image_id)]


def find_shard_number(image_id: str, count: int) -> int:
    """Return the number, from 0, of the part of ``count`` parts that a field belongs to."""
    digest = hashlib.sha256(image_id.encode(errors="surrogateescape")).digest()
    return int.from_bytes(digest[:8], "big") % count


def parse_shard(text: str) -> Shard:
    """Read a shard as the command line has it: ``i/n``, with i from 0.

    Raises
    ------
    InputError
        The text is something else.
    """
    shard = _match(_TEXT, text)
    if shard is None:
        raise InputError(
            found=text or "nothing",
            where="--shard",
            expected="i/n with i from 0 to n - 1: 0/4, 1/4, 2/4 and 3/4 are the four parts of a set",
        )
    return shard


def parse_folder_name(name: str) -> Shard | None:
    """Return the shard of a folder's name; None where it is no such name."""
    shard = _match(_FOLDER, name)
    return shard if shard is not None and shard.folder_name == name else None


def _match(pattern: re.Pattern[str], text: str) -> Shard | None:
    found = pattern.fullmatch(text)
    if found is None:
        return None
    shard = Shard(int(found["count"]), int(found["number"]))
    return shard if shard.number < shard.count else None
