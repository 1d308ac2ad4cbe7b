"""hpacells' chain: the commands segment, crops and predict."""

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.subcell.process import Cost, run_process
from data.cells.cells_table import read_cells

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class OwnChain:
    """hpacells with the stand-in weights, in float32 or bfloat16.

    Attributes
    ----------
    folder
        Where weights, cache and work folders are.
    preset
        Of `crops`.
    """

    folder: Path
    preset: str

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables of every command: this checkout, and its own weights and cache."""
        return {
            "PYTHONPATH": str(ROOT),
            "HPACELLS_WEIGHTS": str(self.folder / "weights"),
            "HPACELLS_CACHE": str(self.folder / "cache"),
        }

    @property
    def log(self) -> Path:
        """File of what the commands print."""
        return self.folder / "log.txt"

    def prepare(self, dpn_unet: Path, subcell: Path) -> None:
        """Fetch the stand-ins from two folders."""
        self.folder.mkdir(parents=True)
        self._run("weights", "fetch", "dpn-unet", "--from", dpn_unet)
        self._run("weights", "fetch", "subcell-rybg", "--from", subcell)

    def cut(self, images: Path, work: Path, runtime: str, segmenter: str = "dpn-unet") -> Cost:
        """Segment the fields of a folder, and cut their cells out."""
        chosen = ["--segmenter", segmenter, "--runtime", runtime, "--set", "segment.pixel_size_um=0.08"]
        segmented = self._run("segment", images, "--work", work, *chosen)
        return segmented.then(
            self._run("crops", images, "--work", work, "--set", f"crops.preset={self.preset}")
        )

    def run(self, images: Path, runtime: str, segmenter: str = "dpn-unet") -> tuple[Cost, Cost, int]:
        """Run the chain; return the costs up to the crops and of embedding, and the number of cells.

        Cells that a filter dropped are embedded too, as in the published chain.
        """
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            work = Path(folder)
            cut = self.cut(images, work, runtime, segmenter)
            settings: Sequence[str] = ["predict.embedding=true", "predict.dropped=true"]
            chosen = [part for setting in settings for part in ("--set", setting)]
            options = ["--model", "subcell", "--runtime", runtime, *chosen]
            embedded = self._run("predict", "--work", work, *options)
            return cut, embedded, len(read_cells(work / "cells.parquet", ["cell_id"]))

    def _run(self, *arguments: str | Path) -> Cost:
        program = "from pipeline.cli import main; main()"
        return run_process(
            [sys.executable, "-c", program, *arguments], self.folder, self.environment, self.log
        )
