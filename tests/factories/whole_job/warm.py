"""A program that runs hpacells in a process forked from one that has imported everything.

Scripts and other programs start it as they start hpacells, which takes seconds to import its libraries. It
has the words, environment, folder and files of who starts it; killed, it takes the command with it.
"""

import json
import multiprocessing
import os
import select
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import wait
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.factories.whole_job.processes import CONTEXT

STANDARD = (0, 1, 2)
"""Descriptors of standard input, output and error."""

PROGRAM = """#!{python} -IS
import json, os, socket, sys
server = socket.socket(socket.AF_UNIX)
server.connect({address!r})
told = json.dumps([sys.argv, os.getcwd(), dict(os.environ)]).encode()
socket.send_fds(server, [len(told).to_bytes(8, "big")], [0, 1, 2])
server.sendall(told)
status = int(server.recv(16))
if status < 0:
    os.kill(os.getpid(), -status)
sys.exit(status)
"""


@contextmanager
def warm_program(folder: Path) -> Iterator[Path]:
    """Write the program ``hpacells`` into a folder, and answer it for as long as this lasts."""
    program = folder / "hpacells"
    # The path of a socket has a hundred letters at most.
    with TemporaryDirectory() as own, socket.socket(socket.AF_UNIX) as listener:
        address = f"{own}/socket"
        program.write_text(PROGRAM.format(python=sys.executable, address=address))
        program.chmod(0o755)
        listener.bind(address)
        listener.listen(16)
        # Not a daemon, which could start no processes.
        server = CONTEXT.Process(target=_serve, args=(listener,))
        server.start()
        try:
            yield program
        finally:
            server.kill()
            server.join()


def _serve(listener: socket.socket) -> None:
    """Keep each command that is asked for, in a process that waits for it, until the tests end."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    tests = multiprocessing.parent_process()
    assert tests is not None
    while listener in wait([listener, tests.sentinel]):
        client, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            _keep(client)
            os._exit(0)
        client.close()


def _keep(client: socket.socket) -> None:
    """Run what a client asks for and tell it the exit status; kill the command when the client is gone."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    size, files, *_ = socket.recv_fds(client, 8, len(STANDARD))
    with client.makefile("rb") as told:
        words, folder, environment = json.loads(told.read(int.from_bytes(size, "big")))
    command = os.fork()
    if command == 0:
        client.close()
        for file, standard in zip(files, STANDARD, strict=True):
            os.dup2(file, standard)
            os.close(file)
        _run(words, folder, environment)
    # The files stay open here until the command is gone with its locks, for which their readers wait so.
    ended = os.pidfd_open(command)
    ready, _, _ = select.select([ended, client], [], [])
    if ended not in ready:
        os.kill(command, signal.SIGKILL)
    _, status = os.waitpid(command, 0)
    if ended in ready:
        client.sendall(str(os.waitstatus_to_exitcode(status)).encode())


def _run(words: list[str], folder: str, environment: dict[str, str]) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = words
    from pipeline.cli import main

    # Its SystemExit ends this process as that of a command.
    main()
