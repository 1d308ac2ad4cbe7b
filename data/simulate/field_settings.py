"""What all fields of a simulated set have in common."""

from dataclasses import dataclass, field

from data.simulate.imaging.imaging_conditions import Optics
from data.simulate.labelling.image_labels import SINGLE_FRACTION, LabelScheme


@dataclass(frozen=True)
class FieldSettings:
    """What all fields of a simulated set have in common.

    Attributes
    ----------
    shape
        Height and width in pixels; each at least 10 µm.
    pixel_size_um
        Size of a pixel in µm.
    seed
        Seed of the set, 0 or more.
    labels
        How the antibodies' classes are dealt out.
    even_share
        Scheme "kaggle": part of the antibodies whose classes are dealt out as in "even".
    single_fraction
        Part of the antibodies with one label among those dealt out evenly.
    fields_per_antibody
        How many fields in a row show the same antibody.
    absent_classes
        Part of the fields in which one of the antibody's several classes is absent.
    cell_lines
        Names of the cell lines; all where empty.
    negative_cells
        Scheme "even": part of the cells that show none of the field's patterns.
    missing_patterns
        Scheme "even": part of the patterns that a cell of a field with several lacks.
    variability
        Scheme "kaggle": factor of the classes' shares of cells that do not show them.
    mitotic_fraction
        Part of the cells that divide in a field labelled "Mitotic spindle"; at least one does.
    mitotic_elsewhere
        Part of the cells that divide in any other field, where they do not give the class away.
    wrong_labels
        Part of the images that are given wrong labels.
    optics
        How well the fields are taken, and with how many bits.
    """

    shape: tuple[int, int]
    pixel_size_um: float = 0.08
    seed: int = 0
    labels: LabelScheme = "even"
    even_share: float = 0.0
    single_fraction: float = SINGLE_FRACTION
    fields_per_antibody: int = 1
    absent_classes: float = 0.0
    cell_lines: tuple[str, ...] = ()
    negative_cells: float = 0.06
    missing_patterns: float = 0.15
    variability: float = 1.0
    mitotic_fraction: float = 0.3
    mitotic_elsewhere: float = 0.015
    wrong_labels: float = 0.0
    optics: Optics = field(default_factory=Optics)
