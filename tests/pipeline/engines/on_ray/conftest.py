from collections.abc import Iterator
from typing import Any

import pytest

from tests.pipeline.engines.on_ray.two_nodes import two_nodes


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with two_nodes(num_gpus=1) as cluster:
        yield cluster


@pytest.fixture
def engine(cluster: Any) -> Any:
    from pipeline.engines.on_ray.engine import RayEngine

    return RayEngine(cluster.address)
