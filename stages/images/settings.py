"""Settings of the images stage."""

from data.fields.image_settings import ImageSettings
from stages.stage import StageSettings


class ImagesSettings(ImageSettings, StageSettings):
    """Settings of the images stage: those of how image files are read."""
