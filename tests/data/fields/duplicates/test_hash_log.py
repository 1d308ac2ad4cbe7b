from pathlib import Path

from data.fields.duplicates.hash_log import HashLog


def test_an_interrupted_run_is_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "hashes"
    log = HashLog(path, "key")
    log.add("a", "00ff")
    log.add("b c\n", "")
    path.write_text(path.read_text() + '\n["d", "12')
    again = HashLog(path, "key")
    assert again.hashes == {"a": "00ff", "b c\n": ""}
    again.add("d", "1234")
    assert HashLog(path, "key").hashes == {"a": "00ff", "b c\n": "", "d": "1234"}
    again.remove()
    assert not path.exists()


def test_a_log_of_another_run_is_thrown_away(tmp_path: Path) -> None:
    path = tmp_path / "hashes"
    HashLog(path, "key").add("a", "00ff")
    assert HashLog(path, "other").hashes == {}
    assert HashLog(path, "key").hashes == {}


def test_what_is_no_log(tmp_path: Path) -> None:
    path = tmp_path / "hashes"
    path.write_text("no log")
    assert HashLog(path, "key").hashes == {}
    path.write_text("")
    assert HashLog(path, "key").hashes == {}
