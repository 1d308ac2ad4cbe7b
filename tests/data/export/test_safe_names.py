from data.export.safe_names import name_safely


def test_safe_names_are_kept_and_all_differ() -> None:
    names = ["a b", "a_b", "A_B", "a_b-2", "é1", "ü1", "__x", ".y", "", "A-1.tif"]
    safe = name_safely(names)
    assert list(safe) == names
    assert len({name.casefold() for name in safe.values()}) == len(names)
    assert [safe[name] for name in ("a_b", "a_b-2", "A-1.tif")] == ["a_b", "a_b-2", "A-1.tif"]
    assert (safe["__x"], safe[".y"], safe[""]) == ("x__x", "x.y", "x")
    assert safe["a b"].startswith("a_b-")
