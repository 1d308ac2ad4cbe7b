from pathlib import Path

from pipeline.runs.manifest import hash_json, hash_json_list, hash_json_rows


def test_rows_are_hashed_as_a_list_of_them() -> None:
    for rows in ([], [("a", 1, 2)], [("é", 0, 0), ("b", 1, 2)]):
        assert hash_json_rows(iter(rows), "auto") == hash_json([rows, "auto"])
        assert hash_json_rows(iter(rows), 4095, None) == hash_json([rows, 4095, None])
        assert hash_json_rows(iter(rows)) == hash_json([rows])


def test_a_list_is_hashed_one_value_at_a_time_as_it_is_at_once() -> None:
    for values in ([], [["a", [("red", "a.png", 1, 2, "x")]]], [{"b": 1, "a": Path("x")}, None, 1.5]):
        assert hash_json_list(iter(values)) == hash_json(values)
