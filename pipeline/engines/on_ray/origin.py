"""Where a command was started: what a process on another machine must have as well."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from data.errors import InputError
from data.software.versions import software_versions

_FREE_VERSIONS = ("python",)
"""What may differ between machines: of Python itself no result depends on the release."""


@dataclass(frozen=True)
class Origin:
    """The process that started the work.

    Attributes
    ----------
    folder
        Its working directory, from which paths may be relative.
    versions
        Its software.
    """

    folder: str
    versions: Mapping[str, str]

    def enter(self) -> None:
        """Make this process read the same paths, having checked that it computes the same.

        Raises
        ------
        InputError
            It has other versions, by which results would depend on where a field was worked on, or no such
            folder.
        """
        import ray

        where, found = f"Ray node {ray.util.get_node_ip_address()}", software_versions()
        for name in sorted({*self.versions, *found}.difference(_FREE_VERSIONS)):
            expected = self.versions.get(name, "none")
            if found.get(name, "none") != expected:
                raise InputError(
                    found=f"{name} {found.get(name, 'none')}",
                    where=where,
                    expected=f"{expected}, as on the machine that started the command",
                    advice="install the same environment on all nodes",
                )
        try:
            os.chdir(self.folder)
        except OSError as error:
            raise InputError(
                found=f"no folder {self.folder} ({error.strerror})",
                where=where,
                expected="the folder in which the command was started, at the same path on all nodes",
                advice="start the command in a folder that all nodes share",
            ) from None


def find_origin() -> Origin:
    """Return the origin of what this process starts."""
    return Origin(os.getcwd(), software_versions())  # noqa: PTH109
