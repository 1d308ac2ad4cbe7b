"""The one kind of error that a user can cause, and can mend."""

from collections.abc import Callable

from data.place_names import show_places
from data.text.readable_text import readable
from data.text.shard_advice import name_shard


class InputError(Exception):
    """Report to the user what was found, where, what was expected and what to do next, in one line.

    The command line prints the message on one line of stderr and exits with status 2; a stage that works
    field by field counts it against the field and goes on with the others.

    Parameters
    ----------
    found
        What is wrong, for example ``"no green channel"``.
    where
        The file, folder, table row or setting in which it was found.
    expected
        What should have been there.
    advice
        What the user can do next.

    Attributes
    ----------
    found, expected
        The parts of the message, as text; of an error that came from another process, the whole message, and
        nothing.

    Examples
    --------
    >>> import hpacells as hpa
    >>> try:
    ...     hpa.find_fields("no_such_folder")
    ... except hpa.InputError as error:
    ...     print(error)
    no_such_folder: no such folder; expected a folder of images; check the path
    """

    def __init__(self, found: str, *, where: object, expected: str = "", advice: str = "") -> None:
        message = f"{where}: {found}"
        if expected:
            message += f"; expected {expected}"
        if advice:
            message += f"; {advice}"
        super().__init__(" ".join(readable(show_places(name_shard(message))).split()))
        self.found, self.expected = found, expected

    def __copy__(self) -> "InputError":
        """Return the same error without its trace, which holds whatever was in memory where it was raised."""
        error = type(self).__new__(type(self))
        Exception.__init__(error, str(self))
        error.__dict__.update(self.__dict__)
        return error

    def __reduce__(self) -> tuple[Callable[..., "InputError"], tuple[str]]:
        # Errors cross from worker processes; the message is all that is kept of them.
        return _from_message, (str(self),)


def _from_message(message: str) -> InputError:
    error = InputError.__new__(InputError)
    Exception.__init__(error, message)
    error.found, error.expected = message, ""
    return error
