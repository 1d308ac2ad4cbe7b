"""A real S3 server (moto) on this machine, and the settings by which clients find it."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

BUCKET = "bucket"


@contextmanager
def s3_server() -> Iterator[str]:
    """Yield the address of a server on a free port, with one empty bucket."""
    from moto.server import ThreadedMotoServer

    # It tells of each request.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        address = f"http://{host}:{port}"
        open_bucket(address).mkdir(BUCKET)
        yield address
    finally:
        server.stop()


def s3_settings(address: str) -> dict[str, str]:
    """Return environment variables with which a client uses a server, as a user sets them."""
    return {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": "AKIAOFTHETESTS",
        "AWS_SECRET_ACCESS_KEY": "secret-of-the-tests",
    }


def open_bucket(address: str) -> Any:
    """Return fsspec's file system for a server, whatever the environment says."""
    import s3fs

    settings = s3_settings(address)
    return s3fs.S3FileSystem(
        key=settings["AWS_ACCESS_KEY_ID"],
        secret=settings["AWS_SECRET_ACCESS_KEY"],
        endpoint_url=address,
        use_listings_cache=False,
        skip_instance_cache=True,
    )


def forget_clients() -> None:
    """Have clients read the environment again, in which another server may be named."""
    if "s3fs" in sys.modules:
        import s3fs

        s3fs.S3FileSystem.clear_instance_cache()
