"""The engine that the settings name."""

from collections.abc import Iterator
from contextlib import contextmanager

from data.cores import available_cores
from data.errors import InputError
from pipeline.engines.local import LocalEngine
from pipeline.engines.settings import EngineSettings
from stages.stage import Context

DISTRIBUTED = ("segment", "crops", "predict")
"""Stages that an engine on several machines runs; all others run on this one."""


@contextmanager
def open_engine(settings: EngineSettings) -> Iterator[Context]:
    """Open an engine, and stop at the end what it started.

    Raises
    ------
    InputError
        Its library is not installed, or an address is given that it does not take.
    """
    if settings.name == "local":
        if settings.ray_address:
            raise InputError(
                found=f"the address {settings.ray_address}",
                where="setting engine.ray_address",
                expected="engine ray, which has one",
                advice="add --engine ray, or leave --ray-address out",
            )
        yield LocalEngine(workers=available_cores())
        return
    from pipeline.engines.on_ray.session import require_ray

    require_ray()
    from pipeline.engines.on_ray.engine import RayEngine

    engine = RayEngine(settings.ray_address)
    try:
        yield engine
    finally:
        engine.close()
