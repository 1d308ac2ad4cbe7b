"""The steps that make segmenters: what they depend on, what they write, and the call that runs them."""

from pathlib import Path

from pipeline.config import Config
from pipeline.manifest import hash_json
from pipeline.run import Step


def train_segmenter_step(out: Path, images: Path | None, masks: Path | None, config: Config) -> Step:
    """Train a segmenter on labelled and simulated fields into the folder ``out``."""
    from stages import train_segmenter

    settings = config.settings("segmenter", train_segmenter.TrainSegmenterSettings)
    sources = train_segmenter.find_sources(images, masks, settings)
    return Step(
        stage="segmenter train",
        manifest=out / "train.json",
        settings=settings,
        inputs={"fields": hash_json([[source.field_id, source.fingerprint] for source in sources])},
        outputs=(out / train_segmenter.WEIGHTS_FILE,),
        run=lambda key, context: train_segmenter.run(sources, out, key, settings, context),
    )
