"""Settings of the features stage, by themselves: checked without the networks that the stage imports."""

from pydantic import Field as Setting

from data.features.projection import Method
from data.settings import SpeedOnly
from stages.stage import StageSettings


class FeaturesSettings(StageSettings):
    """Settings of the features stage."""

    cells: int = Setting(default=1000, ge=10, description="cells at most, drawn evenly over their classes")
    seed: int = Setting(default=1, ge=0, description="of the drawing, the plane and the mutual information")
    method: Method = Setting(default="t-sne", description="how embeddings are laid out: t-sne or pca")
    layer: int = Setting(
        default=0,
        ge=0,
        description="feature map of the patches: 0 is the backbone's last, 1 the one after its first stage, "
        "and so on",
    )
    neurons: int = Setting(default=8, ge=1, le=100, description="channels whose patches are shown")
    patches: int = Setting(default=6, ge=1, le=20, description="patches of each channel")
    most: int = Setting(
        default=30,
        ge=2,
        le=200,
        description="neurons and features in the plots, those with the strongest figures",
    )
    batch_size: SpeedOnly[int] = Setting(default=64, ge=1, description="tiles at a time")
    device: str = Setting(default="auto", description="auto, cpu, cuda or cuda:N")
    workers: SpeedOnly[int] = Setting(default=2, ge=1, description="threads that prepare batches")
