from pathlib import Path

import pytest

from tests.factories.context import QuietContext
from tests.factories.simulated_set import simulate_into


@pytest.fixture(scope="session")
def inline() -> QuietContext:
    return QuietContext()


@pytest.fixture(scope="session")
def benchmark_set(inline: QuietContext, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few small fields a part; tests read them and change nothing."""
    folder = tmp_path_factory.mktemp("benchmark")
    for seed, (part, fields) in enumerate({"train": 12, "test": 4}.items()):
        simulate_into(folder / part, fields=fields, size=512, seed=seed, single_fraction=0.9)
    return folder
