from pathlib import Path

import pytest

from data.text.toml_file import parse_toml, read_toml


@pytest.mark.parametrize(
    "content", [b"a = 1\nb = 'x'\n", b"\xef\xbb\xbfa = 1\nb = 'x'\n", b"a = 1\r\nb = 'x'\r\n"]
)
def test_spellings_of_the_same(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(content)
    assert read_toml(path) == {"a": 1, "b": "x"}


@pytest.mark.parametrize(
    "text", ["a = ", "a = 1\na = 2", "x = " + "[" * 5000 + "]" * 5000, f"x = {'9' * 5000}", "\0"]
)
def test_every_fault_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match="."):
        parse_toml(text)


def test_no_text(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes("a = 'é'".encode("latin-1"))
    with pytest.raises(ValueError, match="utf-8"):
        read_toml(path)
    with pytest.raises(FileNotFoundError):
        read_toml(tmp_path / "none.toml")
