"""A connection to Ray: to a cluster that runs, or to one that is started here and stopped at the end."""

import importlib.util
import logging
import os
import shutil
import signal
import socket
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from data.cores import available_cores
from data.errors import InputError

EXTRA = "hpacells[ray]"
"""What brings Ray."""

_LOOPBACK = "127.0.0.1"

_SHORT = "/tmp"  # noqa: S108 # nosec B108 # a folder of its own is made there
"""Where Ray makes its folder: paths of its sockets must be short, and those of a user's folder for temporary
files may be long."""

_KNOCK_SECONDS = 10.0
"""So long a machine may take to answer."""

_SILENT = {"RAY_USAGE_STATS_ENABLED": "0"}
"""Environment in which Ray does not report its use to its makers."""

_ALONE = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
"""Environment in which Ray listens on loopback alone, on Linux too, if it is imported with it. It takes no
address for that: given 127.0.0.1, it listens everywhere."""

log = logging.getLogger("hpacells")


def require_ray() -> None:
    """Refuse to go on where Ray is not installed; imports nothing.

    Raises
    ------
    InputError
        It is not.
    """
    if importlib.util.find_spec("ray") is None:
        raise InputError(
            found="Ray is not installed",
            where="engine ray",
            expected=f"the extra {EXTRA}",
            advice=f"run `pip install '{EXTRA}'`, or leave --engine out",
        )


@contextmanager
def ray_session(address: str) -> Iterator[None]:
    """Connect this process to Ray until the context ends.

    Parameters
    ----------
    address
        Of a running cluster; empty for that of the environment variable RAY_ADDRESS, else Ray is started
        here, with a worker for each core, where nothing but this machine can reach it.

    Raises
    ------
    InputError
        There is no cluster at the address, or Ray cannot be started.
    """
    address = address or os.environ.get("RAY_ADDRESS", "")
    with _environment(_SILENT if address else _SILENT | _ALONE):
        import ray

        if ray.is_initialized():
            yield
        else:
            with _connected(ray, address):
                yield


@contextmanager
def _connected(ray: Any, address: str) -> Iterator[None]:
    folder = None if address else tempfile.mkdtemp(prefix="hpacells-ray-", dir=_SHORT)
    try:
        with _own_signals():
            _connect(ray, address, folder)
        yield
    finally:
        ray.shutdown()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def _connect(ray: Any, address: str, folder: str | None) -> None:
    _knock(address)
    quiet = {"logging_level": logging.ERROR, "log_to_driver": False}
    try:
        if address:
            ray.init(address, **quiet)
        else:
            log.info("engine: starting Ray on this machine")
            ray.init(
                "local",
                num_cpus=available_cores(),
                include_dashboard=False,
                _temp_dir=folder,
                **quiet,
            )
    except (ConnectionError, ImportError, RuntimeError, TimeoutError, ValueError, AssertionError) as error:
        told = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise InputError(
            found=f"no Ray cluster ({told})" if address else f"Ray does not start ({told})",
            where=f"--ray-address {address}" if address else "engine ray",
            expected="the address of a cluster that runs" if address else "Ray on this machine",
            advice="check it with `ray status`, or leave --ray-address out"
            if address
            else "leave --engine out, or start Ray yourself and give --ray-address auto",
        ) from None
    if not ray.cluster_resources().get("CPU"):
        raise InputError(
            found="no CPUs",
            where=f"the Ray cluster at {address}",
            expected="nodes that work: `ray start --address=... --num-cpus=...`",
            advice="add some, or leave --ray-address out",
        )
    places = {node["NodeManagerAddress"] for node in ray.nodes()}
    if not address and places != {_LOOPBACK}:
        log.warning("engine: Ray listens on %s, where others can reach it", ", ".join(sorted(places)))
    log.info("engine: %s", describe_cluster())


def _knock(address: str) -> None:
    """Check that something listens at an address: Ray itself tries for minutes.

    Raises
    ------
    InputError
        Nothing does, or no machine has that name.
    """
    host, _, port = address.rpartition(":")
    if not host or "/" in host or not port.isdecimal():
        # Such as auto.
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_KNOCK_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise InputError(
            found=f"no Ray cluster ({getattr(error, 'strerror', None) or error})",
            where=f"--ray-address {address}",
            expected="the address of a cluster that runs",
            advice="check it with `ray status`, or leave --ray-address out",
        ) from None


def describe_cluster() -> str:
    """Return in one line what the cluster has."""
    import ray

    found = ray.cluster_resources()
    nodes = sum(node["Alive"] for node in ray.nodes())
    gpus = f", {found['GPU']:g} GPUs" if found.get("GPU") else ""
    return f"Ray {ray.__version__}, {nodes} nodes, {found.get('CPU', 0):g} CPUs{gpus}"


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set variables of the environment, also for processes that are started, until the context ends."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _own_signals() -> Iterator[None]:
    """Keep what SIGTERM does, which Ray takes over when it starts."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    except SystemExit as ended:
        if ended.code != signal.SIGTERM:
            raise
        # It came while Ray was starting.
        raise KeyboardInterrupt from None
    finally:
        signal.signal(signal.SIGTERM, before)
