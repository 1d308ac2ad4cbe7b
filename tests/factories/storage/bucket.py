"""A place in a bucket of the S3 server of the tests: what commands write there, and what tests put there."""

from pathlib import Path

from tests.factories.storage.s3_server import BUCKET, open_bucket


class Bucket:
    """A folder in the bucket.

    Attributes
    ----------
    address
        Of the server.
    url
        Of the folder.
    """

    def __init__(self, address: str, name: str) -> None:
        self.address, self.url = address, f"s3://{BUCKET}/{name}"
        self._fs, self._root = open_bucket(address), f"{BUCKET}/{name}"

    def put_folder(self, folder: Path, name: str) -> str:
        """Copy a folder there and return its URL."""
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self.put(f"{name}/{path.relative_to(folder).as_posix()}", path.read_bytes())
        return f"{self.url}/{name}"

    def put(self, name: str, content: bytes) -> None:
        """Write an object."""
        self._fs.pipe_file(f"{self._root}/{name}", content)

    def remove(self, name: str) -> None:
        """Remove an object."""
        self._fs.rm_file(f"{self._root}/{name}")

    def list(self, name: str = "") -> set[str]:
        """List the objects below a folder, by their names in it."""
        top = f"{self._root}/{name}" if name else self._root
        return {path[len(top) + 1 :] for path in self._fs.find(top)}

    def read(self, name: str) -> bytes:
        """Read an object."""
        return bytes(self._fs.cat_file(f"{self._root}/{name}"))

    def read_all(self, name: str) -> dict[str, bytes]:
        """Read all objects below a folder, by their names in it."""
        return {file: self.read(f"{name}/{file}") for file in self.list(name)}
