import json
from pathlib import Path

import pytest

from data.text.hashed_json import format_hashed, read_hashed


@pytest.mark.parametrize("content", [{"a/b": "segment"}, ["x", "y"], {}])
def test_what_is_written_is_read(tmp_path: Path, content: object) -> None:
    path = tmp_path / "list.json"
    assert read_hashed(path) is None
    path.write_text(format_hashed(content))
    assert read_hashed(path) == content
    # As older versions wrote it.
    path.write_text(json.dumps(content))
    assert read_hashed(path) == content


def test_no_flipped_bit_changes_what_is_read(tmp_path: Path) -> None:
    content = {"masks/a": "segment"}
    whole = format_hashed(content).encode()
    path = tmp_path / "list.json"
    for place in range(len(whole)):
        for bit in range(7):
            damaged = bytearray(whole)
            damaged[place] ^= 1 << bit
            path.write_bytes(damaged)
            read = read_hashed(path)
            assert read is None or read == content or "content" not in json.loads(damaged), bytes(damaged)
