import hashlib
import os

import pytest

from data.errors import InputError
from data.file_hash import hash_file


def test_hash_is_that_of_the_whole_content(tmp_path):
    content = bytes(range(256)) * 5000
    path = tmp_path / "table.parquet"
    path.write_bytes(content)

    assert hash_file(path) == hashlib.sha256(content).hexdigest()


def test_file_that_is_missing_is_named(tmp_path):
    with pytest.raises(InputError, match=r"labels\.csv.*a readable file"):
        hash_file(tmp_path / "labels.csv")


def test_a_pipe_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "labels.csv")
    with pytest.raises(InputError, match=r"labels\.csv: a pipe, .* write it to a file"):
        hash_file(tmp_path / "labels.csv")
