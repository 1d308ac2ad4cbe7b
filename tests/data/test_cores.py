import os
import sys

import pytest

from data.cores import available_cores


def test_some_core_is_available() -> None:
    assert 1 <= available_cores() <= (os.cpu_count() or 1)


@pytest.mark.skipif(sys.platform != "linux", reason="processes are bound to cores on Linux only")
def test_a_bound_process_has_only_its_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 5})
    assert available_cores() == 2
