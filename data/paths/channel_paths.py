"""The files of a field's channels, in little memory: of a large set there are some for every field."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

_SEPARATOR = "\0"
"""Between names; no name of a file has it."""


class ChannelPaths(Mapping[str, Path]):
    """Channel -> file, as a mapping that does not change.

    Of files in one folder the folder is kept once for all fields and channels, and their names as one text;
    paths are made when they are asked for. Four `Path` objects take five times as much.

    Parameters
    ----------
    paths
        Channel -> file.
    """

    __slots__ = ("_channels", "_folder", "_names")

    def __init__(self, paths: Mapping[str, Path]) -> None:
        self._channels = _share_channels(tuple(paths))
        folders = {path.parent for path in paths.values()}
        # Without a name, as "..", or from several folders, a path is kept as a whole.
        is_shared = len(folders) == 1 and all(path.name for path in paths.values())
        self._folder = _share_folder(folders.pop()) if is_shared else None
        names = (path.name if is_shared else str(path) for path in paths.values())
        self._names = _SEPARATOR.join(names)

    def __getitem__(self, channel: str) -> Path:
        """Return the file of a channel."""
        if channel not in self._channels:
            raise KeyError(channel)
        name = self._names.split(_SEPARATOR)[self._channels.index(channel)]
        return Path(name) if self._folder is None else self._folder / name

    def __iter__(self) -> Iterator[str]:
        """Iterate over the channels, in the order in which they were given."""
        return iter(self._channels)

    def __len__(self) -> int:
        """Count the channels."""
        return len(self._channels)

    def __repr__(self) -> str:
        """Show the files as a dictionary does."""
        return repr(dict(self))


@lru_cache(maxsize=256)
def _share_channels(channels: tuple[str, ...]) -> tuple[str, ...]:
    return channels


@lru_cache(maxsize=256)
def _share_folder(folder: Path) -> Path:
    return folder
