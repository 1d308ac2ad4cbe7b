"""One naming pattern: ``*_ch00.tif``, in which ``*`` is the field's ID."""

import re
from dataclasses import dataclass
from functools import cached_property

from data.channels import CHANNELS
from data.errors import InputError
from data.fields.naming.folder_listing import ListedFile, image_suffix_of

_ID = r"(?P<id>[^/]+)"


@dataclass(frozen=True)
class FilePattern:
    """A pattern of files' names; small and capital letters are alike.

    Attributes
    ----------
    text
        The name with ``*`` in place of the field's ID; ``?`` is any character, ``[12]`` one of these. Folders
        may stand before it, as in ``red/*.tif``. Without an ending it is that of any image.
    """

    text: str

    def __post_init__(self) -> None:
        if self.text.count("*") != 1:
            raise InputError(
                found=f"{self.text.count('*') or 'no'} * in the pattern {self.text!r}",
                where="images.channels",
                expected="exactly one *, which is the field's ID, such as *_ch00.tif or red/*.tif",
            )

    def match(self, file: ListedFile) -> tuple[str, int] | None:
        """Return the ID in a file's name, and how many parts of its path the pattern describes, or None."""
        parts = file.parts[-self._depth :]
        name = "/".join(parts)
        found = self._regex.fullmatch(name if self._has_ending else name[: -len(file.suffix)])
        if found is None:
            return None
        image_id = found["id"]
        return None if self._is_composite(image_id) else (image_id, self._depth)

    def _is_composite(self, image_id: str) -> bool:
        """Check for a picture in several stains, ``<ID>_blue_red_green.jpg``: an ID that ends in one."""
        return self._is_stain and image_id.lower().rpartition("_")[2] in CHANNELS

    @cached_property
    def _is_stain(self) -> bool:
        return self._stem.lower().rpartition("*_")[2] in CHANNELS

    @cached_property
    def _normal(self) -> str:
        return self.text.strip().replace("\\", "/").removeprefix("./").strip("/")

    @cached_property
    def _has_ending(self) -> bool:
        return bool(image_suffix_of(self._normal))

    @cached_property
    def _stem(self) -> str:
        return self._normal.removesuffix(
            self._normal[len(self._normal) - len(image_suffix_of(self._normal)) :]
        )

    @cached_property
    def _depth(self) -> int:
        return self._normal.count("/") + 1

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        return re.compile("".join(_translate(self._normal)), re.IGNORECASE | re.DOTALL)


def _translate(text: str) -> list[str]:
    """Return the parts of a regular expression for a pattern."""
    parts = []
    place = 0
    while place < len(text):
        character, end = text[place], text.find("]", place + 2)
        if character == "*":
            parts.append(_ID)
        elif character == "?":
            parts.append("[^/]")
        elif character == "[" and end > 0:
            inside = text[place + 1 : end]
            negated = inside.startswith(("!", "^"))
            chosen = re.sub(r"([\\\[\]^&~|])", r"\\\1", inside[1:] if negated else inside)
            parts.append(f"[{'^' if negated else ''}{chosen}]")
            place = end
        else:
            parts.append(re.escape(character))
        place += 1
    return parts
