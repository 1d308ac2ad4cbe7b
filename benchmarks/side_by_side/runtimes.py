"""The runtimes that a benchmark can compare on this machine."""

from data.errors import InputError
from models.runtimes.names import RUNTIMES, resolve_runtime


def runtimes_at_hand() -> list[str]:
    """List the runtimes that work here, and print why the others do not."""
    names = []
    for name in RUNTIMES:
        try:
            names.append(resolve_runtime(name))
        except InputError as error:
            print(f"left out: {error}")
    return names
