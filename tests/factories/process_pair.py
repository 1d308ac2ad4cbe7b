"""A command in two processes that share its work."""

import os
import socket
import subprocess
from pathlib import Path


class Pair:
    """Two processes of a command, which are told of each other as torchrun tells its own."""

    def __init__(self, hpacells: Path, arguments: list[str]) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        pair = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "COLUMNS": "200"}
        self.processes = [
            subprocess.Popen(
                [str(hpacells), *arguments],
                env=os.environ | pair | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
                stderr=subprocess.PIPE,
                text=True,
            )
            for rank in range(2)
        ]

    def runs(self) -> bool:
        return all(process.poll() is None for process in self.processes)

    def kill(self) -> None:
        for process in self.processes:
            process.kill()

    def wait(self) -> tuple[list[int], str]:
        """Wait until both have ended by themselves; give their exit statuses, and what they told."""
        told = [process.communicate(timeout=200)[1] for process in self.processes]
        return [process.returncode for process in self.processes], "".join(told)
