"""The base of all settings below the stages: an unknown name is an error, a made object does not change."""

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """Settings of one part, checked by pydantic; a stage's settings hold them as a table of the same name."""

    model_config = ConfigDict(extra="forbid", frozen=True)
