"""The published chain: HPACellSegmentatorPortable, its crops, SubCellPortable."""

import csv
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.subcell.process import Cost, run_process
from benchmarks.subcell.stand_ins import CELLS, HEADS, NUCLEI

MODEL = Path("models", "rybg", "mae_contrast_supcon_model")

# Its networks are pickles of whole modules, which torch 2.6 and later refuse otherwise.
_TRUSTING = {"TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD": "1"}


@dataclass(frozen=True)
class PublishedChain:
    """Both programs, each run in a folder of its own with its configuration and the stand-in weights.

    Attributes
    ----------
    python
        A Python that runs both.
    segmenter, subcell
        Checkouts of HPACellSegmentatorPortable and SubCellPortable; nothing is written there.
    folder
        Where the folders are.
    crop_size
        Side of the crops in px.
    """

    python: Path
    segmenter: Path
    subcell: Path
    folder: Path
    crop_size: int

    def prepare(self, dpn_unet: Path, subcell: Path) -> None:
        """Lay both folders out, with the stand-ins in two folders."""
        models = self.folder / "segmenter" / "models"
        models.mkdir(parents=True)
        for name in (NUCLEI, CELLS):
            script = Path(__file__).with_name("published_segmenter.py")
            command = [self.python, script, self.segmenter, dpn_unet / name, models / name]
            run_process(command, self.folder, _TRUSTING, self.log)
        target = self.subcell_folder / MODEL
        target.mkdir(parents=True)
        shutil.copy(self.subcell / MODEL / "model_config.yaml", target)
        for name in ("encoder.pth", *(f"classifier_s{member}.pth" for member in range(HEADS))):
            (target / name).symlink_to(subcell / name)
        for each in (self.folder / "segmenter", self.subcell_folder):
            (each / "config.yaml").touch()

    @property
    def subcell_folder(self) -> Path:
        """Folder in which SubCellPortable is run."""
        return self.folder / "subcell"

    @property
    def log(self) -> Path:
        """File of what the programs print."""
        return self.folder / "log.txt"

    def segment(self, images: Path, fields: Sequence[str], results: Path) -> Cost:
        """Segment fields and cut their cells out."""
        lines = []
        for name in fields:
            files = [str(images / f"{name}_{channel}.tif") for channel in ("red", "yellow", "blue", "green")]
            lines.append(",".join([*files, str(results / "masks"), str(results / "crops"), f"{name}_"]))
        where = self.folder / "segmenter"
        (where / "path_list.csv").write_text("\n".join(lines) + "\n")
        command = [self.python, self.segmenter / "process.py", "--crop_size", str(self.crop_size)]
        return run_process(command, where, _TRUSTING, self.log)

    def embed(self, results: Path) -> tuple[Cost, int]:
        """Embed all cells that were cut out, masked; return also how many there are in ``result.csv``."""
        cells = sorted(results.glob("crops/*_crop_masked_blue.png"))
        lines = []
        for blue in cells:
            stem = str(blue).removesuffix("blue.png")
            files = [f"{stem}{channel}.png" for channel in ("red", "yellow", "blue", "green")]
            lines.append(",".join([*files, str(results / "embeddings"), blue.name.split("_crop_")[0]]))
        (self.subcell_folder / "path_list.csv").write_text("\n".join(lines) + "\n")
        table = self.subcell_folder / "result.csv"
        table.unlink(missing_ok=True)
        command = [self.python, self.subcell / "process.py", "-c", "rybg", "-csv", "True"]
        cost = run_process(command, self.subcell_folder, {}, self.log)
        if not table.exists():  # it catches its own errors, and ends with status 0
            message = f"SubCellPortable wrote no {table.name}:\n{self.log.read_text()[-2000:]}"
            raise SystemExit(message)
        with table.open() as file:
            embedded = sum(1 for _ in csv.reader(file)) - 1
        if embedded != len(cells):
            message = f"{embedded} of {len(cells)} cells in {table}; see {self.log}"
            raise SystemExit(message)
        return cost, embedded

    def run(self, images: Path, fields: Sequence[str]) -> tuple[Cost, Cost, int]:
        """Run the chain; return the costs up to the crops and of embedding, and the number of cells."""
        with tempfile.TemporaryDirectory(dir=self.folder) as results:
            segmented = self.segment(images, fields, Path(results))
            embedded, cells = self.embed(Path(results))
        return segmented, embedded, cells
