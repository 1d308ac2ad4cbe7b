import errno

import pytest

from data.errors import InputError
from data.storage.errors import AccessError, StorageError, explain, explained


class NoCredentialsError(Exception):
    """As botocore has it."""


class EndpointConnectionError(Exception):
    """As botocore has it."""


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (FileNotFoundError("The specified bucket does not exist"), InputError, "no such bucket"),
        (FileNotFoundError("bucket/x"), InputError, "not there"),
        (PermissionError("Access Denied"), AccessError, "access denied (Access Denied)"),
        (NoCredentialsError("Unable to locate credentials"), InputError, "no credentials (Unable to locate"),
        (EndpointConnectionError("http://u:p@host/x"), StorageError, "no answer (http://host/x"),
        (TimeoutError(), StorageError, "no answer; expected"),
        (ConnectionResetError("reset"), StorageError, "no answer (reset)"),
        (OSError(errno.ENOSPC, "No space left"), StorageError, "no room on this machine's disk"),
        (ValueError("odd\nthing"), StorageError, "cannot be used (ValueError: odd thing)"),
    ],
)
def test_each_is_one_line(error: Exception, kind: type[InputError], said: str) -> None:
    found = explain(error, "s3://user:pass@bucket/x")
    assert type(found) is kind
    assert str(found).startswith(f"s3://bucket/x: {said}")
    assert "\n" not in str(found)


def test_own_errors_pass() -> None:
    own = InputError(found="x", where="y")
    with pytest.raises(InputError) as raised, explained("s3://bucket"):
        raise own
    assert raised.value is own


@pytest.mark.parametrize(
    ("where", "named"), [("s3://bucket/x", "AWS_ENDPOINT_URL"), ("http://host/x", "the network and the URL;")]
)
def test_advice_is_of_the_kind_of_storage(where: str, named: str) -> None:
    advice = str(explain(TimeoutError(), where))
    assert named in advice
    assert ("AWS" in advice) == where.startswith("s3")
