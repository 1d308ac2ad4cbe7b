from pipeline.runs.manifest import hash_json, hash_json_rows


def test_rows_are_hashed_as_a_list_of_them() -> None:
    for rows in ([], [("a", 1, 2)], [("é", 0, 0), ("b", 1, 2)]):
        assert hash_json_rows(iter(rows), "auto") == hash_json([rows, "auto"])
        assert hash_json_rows(iter(rows), 4095, None) == hash_json([rows, 4095, None])
        assert hash_json_rows(iter(rows)) == hash_json([rows])
