"""Advice in messages about the folder of a shard: the command must name the shard to mend it."""

import re

_FOLDER = re.compile(r"/shards/(\d+)-of-(\d+)(?!\w)")
_COMMAND = re.compile(r"`hpacells (segment|crops|predict)(?=[` ])")
_WITH = re.compile(r"with this work folder\b")


def name_shard(message: str) -> str:
    """Return a message whose commands name the shard, where it is about one shard's folder and names none.

    Examples
    --------
    >>> name_shard("work/shards/0-of-2/tiles.zarr: damaged; run `hpacells crops` again")
    'work/shards/0-of-2/tiles.zarr: damaged; run `hpacells crops --shard 0/2` again'
    """
    shards = set(_FOLDER.findall(message))
    if len(shards) != 1 or "--shard" in message:
        return message
    ((number, count),) = shards
    message = _COMMAND.sub(rf"`hpacells \1 --shard {number}/{count}", message)
    return _WITH.sub("with the work folder of all shards", message)
