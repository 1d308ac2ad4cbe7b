"""Damage to a file: a flipped bit, a lost tail, the file lost."""

import os
from pathlib import Path

DAMAGES = ("flip", "cut", "remove")


def damage(path: Path, how: str, place: float = 0.5, bit: int = 0, *, keeps_time: bool = False) -> None:
    """Damage a file.

    Parameters
    ----------
    path
        The file.
    how
        ``flip`` a bit, ``cut`` the tail, or ``remove`` it.
    place
        Where, as a fraction of its bytes, 0 to less than 1.
    bit
        Which bit of the byte is flipped.
    keeps_time
        Whether its modification time stays, as where the disk is at fault.
    """
    if how == "remove":
        path.unlink()
        return
    stat, content = path.stat(), bytearray(path.read_bytes())
    at = int(len(content) * place)
    if how == "cut":
        del content[at:]
    elif content:
        content[at] ^= 1 << bit
    # A file of its own, which differs from the whole one in its inode, too, whatever its times are.
    damaged = path.with_name(f"{path.name}.damaged")
    damaged.write_bytes(content)
    damaged.chmod(stat.st_mode)
    damaged.replace(path)
    if keeps_time:
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
