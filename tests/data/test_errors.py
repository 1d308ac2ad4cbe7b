import pickle

from data.errors import InputError


def test_message_is_one_line_with_all_parts() -> None:
    error = InputError(found="no\ngreen channel", where="field a", expected="a file", advice="look again")
    assert str(error) == "field a: no green channel; expected a file; look again"
    assert str(InputError(found="gone", where="b")) == "b: gone"


def test_it_crosses_from_one_process_to_another() -> None:
    error = InputError(found="no green channel", where="field a", expected="a file", advice="look again")
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 (our own pickle, made on this line)
    assert isinstance(copy, InputError)
    assert str(copy) == str(error)


def test_a_name_that_is_not_utf8_can_be_printed() -> None:
    error = InputError(found="no such file", where="A\udcb5_red.png")
    assert str(error).encode() == b"A%B5_red.png: no such file"
