"""Settings of the segmenter cellpose."""

from typing import Literal

from pydantic import Field as Setting

from data.settings import Settings


class CellposeSettings(Settings):
    """What cellpose is asked for; the thresholds have cellpose's own defaults."""

    model: Literal["auto", "cyto3", "cpsam_v2", "cpsam"] = Setting(
        "auto",
        description="its network; auto: cyto3 with cellpose 3, and with cellpose 4 cpsam_v2, or else cpsam",
    )
    diameter_um: float = Setting(
        30.0, ge=1, le=500, description="usual diameter of a cell in um, to which the image is scaled"
    )
    flow_threshold: float = Setting(
        0.4, ge=0, le=10, description="error of the flows above which a cell is left out; 0: none is"
    )
    cellprob_threshold: float = Setting(
        0.0, ge=-20, le=20, description="logit above which a pixel is of a cell; lower: more and larger cells"
    )
