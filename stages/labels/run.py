"""Labels: write a label file of images from the locations of the genes whose proteins they show."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence

import pandas as pd

from data.errors import InputError
from data.labels.hpa_locations import GeneLocations, find_classes, read_gene_locations
from data.labels.label_set import LabelSet, read_label_set
from data.labels.stained_images import StainedImage, read_stained_images
from data.tables.csv_file import write_csv
from stages.labels.paths import LabelsInputs, LabelsOutputs
from stages.labels.settings import LabelsSettings
from stages.stage import Context, StageReport

log = logging.getLogger("hpacells")


def run(
    inputs: LabelsInputs, outputs: LabelsOutputs, settings: LabelsSettings, context: Context
) -> StageReport:
    """Write the label file; images without a class are left out, and it is logged why.

    Raises
    ------
    InputError
        A table cannot be read, or not one image gets a label.
    """
    label_set = read_label_set(settings.label_set)
    genes = read_gene_locations(inputs.locations_path, settings.reliability)
    images = read_stained_images(inputs.images_path)
    labelling = _Labelling(genes, label_set)
    with context.track("labels", len(images)) as advance:
        rows = []
        for image in images:
            row = labelling.label(image)
            rows += [] if row is None else [row]
            advance(1)
    labelling.tell()
    if not rows:
        raise InputError(
            found=f"not one of the {len(images)} images gets a label",
            where=inputs.images_path,
            expected=f"genes that {inputs.locations_path} has locations of",
            advice="check the column of the genes, or --set labels.reliability=...",
        )
    table = pd.DataFrame(rows)
    if not table["Antibody"].any():
        table = table.drop(columns="Antibody")
    write_csv(outputs.labels_path, table)
    log.info("labels: locations that are %s are taken", ", ".join(settings.reliability))
    left_out = len(images) - len(rows)
    return StageReport(counts={"images": len(images), "labelled": len(rows), "left out": left_out})


class _Labelling:
    """Labels of images, and a count of what could not be labelled."""

    def __init__(self, genes: Mapping[str, Sequence[GeneLocations]], label_set: LabelSet) -> None:
        self._genes, self._label_set = genes, label_set
        self._reasons: dict[str, list[str]] = {}
        self._without_class: Counter[str] = Counter()
        self._unsure = 0

    def label(self, image: StainedImage) -> dict[str, str] | None:
        """Return the row of an image, or None where it has no label."""
        if not image.genes:
            return self._leave_out("without a gene", image)
        found = {gene: self._genes.get(gene.casefold(), []) for gene in image.genes}
        unknown = [gene for gene, rows in found.items() if not rows]
        if unknown:
            return self._leave_out("of genes without a row in the table of locations", image, unknown[0])
        rows = [row for alike in found.values() for row in alike]
        if len({frozenset(row.locations) for row in rows}) > 1:
            return self._leave_out("of several genes with different locations", image)
        classes, others = find_classes(rows[0].locations, self._label_set)
        self._without_class.update(others)
        if not rows[0].locations:
            return self._leave_out("of genes without a location that is sure enough", image, image.genes[0])
        if not classes:
            return self._leave_out("of locations without a class", image, others[0])
        self._unsure += bool(rows[0].unsure)
        names = dict.fromkeys(row.name or row.gene for row in rows)
        return {
            "ID": image.image_id,
            "Label": "|".join(self._label_set.names[number] for number in classes),
            "Protein": ";".join(names),
            "Antibody": image.antibody,
        }

    def tell(self) -> None:
        """Log what was left out: each reason once, with a count and an example."""
        for reason, examples in self._reasons.items():
            count = len(examples)
            log.warning(
                "labels: %d image%s %s left out, such as %s",
                count,
                "s" if count > 1 else "",
                reason,
                examples[0],
            )
        if self._without_class:
            names = ", ".join(f"{name} ({count})" for name, count in self._without_class.most_common())
            log.warning("labels: locations that %s has no class for: %s", self._label_set, names)
        if self._unsure:
            log.warning(
                "labels: %d labelled images have a further location that is not sure enough", self._unsure
            )

    def _leave_out(self, reason: str, image: StainedImage, what: str = "") -> None:
        example = f"{image.image_id}" + (f" ({what})" if what else "")
        self._reasons.setdefault(reason, []).append(f"{example} in {image.where}")
