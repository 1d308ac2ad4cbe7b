"""Settings of where the work runs."""

from typing import Literal

from pydantic import Field as Setting

from data.settings import Settings


class EngineSettings(Settings):
    """Where fields and batches are worked on; no result depends on it."""

    name: Literal["local", "ray"] = Setting(
        "local", description="local: in this process, on this machine; ray: in processes that Ray starts"
    )
    ray_address: str = Setting(
        "",
        description="address of a running Ray cluster, such as 10.0.0.1:6379, or auto for the one on this "
        "machine; empty: what RAY_ADDRESS says, else Ray is started on this machine and stopped at the end",
    )
