from contextlib import contextmanager
from pathlib import Path

import pytest

from stages.simulate.run import run
from stages.simulate.settings import SimulateSettings


class Inline:
    """A context that does the work at once, in this process."""

    workers = 1

    def map(self, function, items, *, description, total=None, processes=False):
        for item in items:
            try:
                yield item, function(item)
            except Exception as error:
                yield item, error

    @contextmanager
    def track(self, description, total):
        yield lambda steps: None


@pytest.fixture(scope="session")
def inline() -> Inline:
    return Inline()


@pytest.fixture(scope="session")
def benchmark_set(inline: Inline, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few small fields a part; tests read them and change nothing."""
    folder = tmp_path_factory.mktemp("benchmark")
    for seed, (part, fields) in enumerate({"train": 12, "test": 4}.items()):
        settings = {"fields": fields, "size": 512, "seed": seed, "single_fraction": 0.9}
        run(folder / part, SimulateSettings.model_validate(settings), inline)
    return folder
