"""The simulated cell lines: how large their cells are, how they lie, and how their nuclei look."""

from dataclasses import dataclass

Range = tuple[float, float]


@dataclass(frozen=True)
class CellLine:
    """What the cells of one line have in common; lengths in µm.

    Attributes
    ----------
    name
        What the line is called.
    spacing
        Least distance of two nuclei, across the cells' long axis.
    radius
        Range of a cell's mean radius; where this is more than half the spacing, cells meet.
    elongation
        Range of length over width.
    alignment
        Spread of the cells' long axes about a common direction, in radians.
    open_space
        Part of the field that holds no cells, in gaps larger than a cell.
    protrusions
        Range of the number of protrusions of a cell.
    protrusion_length
        Range of their length, as a part of the radius.
    pointedness
        Range of how pointed the ends of the long axis are: 0 for an ellipse, 1 for a rhombus.
    raggedness
        How far the edge strays from the smooth outline.
    nucleus_radius
        Range of a nucleus's mean radius.
    nucleus_elongation
        Range of its length over its width.
    lobes
        How far a nucleus strays from an ellipse, as a part of its radius.
    """

    name: str
    spacing: float
    radius: Range
    elongation: Range
    alignment: float
    open_space: float
    protrusions: tuple[int, int]
    protrusion_length: Range
    pointedness: Range
    raggedness: float
    nucleus_radius: Range
    nucleus_elongation: Range
    lobes: float

    @property
    def reach(self) -> float:
        """How far from its nucleus a cell can extend, in µm."""
        return self.radius[1] * self.elongation[1] ** 0.5 * (1 + 0.5 * self.protrusion_length[1]) + 4.0


CELL_LINES = (
    CellLine(
        name="dense sheet",
        spacing=30.8,
        radius=(18.5, 23.0),
        elongation=(1.0, 1.5),
        alignment=1.6,
        open_space=0.06,
        protrusions=(0, 2),
        protrusion_length=(0.1, 0.3),
        pointedness=(0.0, 0.5),
        raggedness=1.1,
        nucleus_radius=(7.2, 9.2),
        nucleus_elongation=(1.05, 1.45),
        lobes=0.02,
    ),
    CellLine(
        name="spindly",
        spacing=23.5,
        radius=(16.4, 20.7),
        elongation=(2.8, 4.4),
        alignment=0.35,
        open_space=0.1,
        protrusions=(0, 2),
        protrusion_length=(0.2, 0.5),
        pointedness=(0.4, 0.9),
        raggedness=0.8,
        nucleus_radius=(6.9, 8.4),
        nucleus_elongation=(1.5, 2.3),
        lobes=0.03,
    ),
    CellLine(
        name="sparse",
        spacing=39.9,
        radius=(16.9, 21.8),
        elongation=(1.1, 2.2),
        alignment=1.6,
        open_space=0.1,
        protrusions=(2, 5),
        protrusion_length=(0.3, 1.0),
        pointedness=(0.2, 0.9),
        raggedness=1.2,
        nucleus_radius=(7.4, 9.4),
        nucleus_elongation=(1.1, 1.8),
        lobes=0.025,
    ),
    CellLine(
        name="small",
        spacing=21.7,
        radius=(11.4, 14.7),
        elongation=(1.0, 1.4),
        alignment=1.6,
        open_space=0.57,
        protrusions=(0, 3),
        protrusion_length=(0.1, 0.4),
        pointedness=(0.0, 0.4),
        raggedness=0.8,
        nucleus_radius=(5.7, 7.0),
        nucleus_elongation=(1.0, 1.35),
        lobes=0.03,
    ),
    CellLine(
        name="flat",
        spacing=45.9,
        radius=(20.7, 29.5),
        elongation=(1.1, 2.4),
        alignment=1.6,
        open_space=0.08,
        protrusions=(1, 5),
        protrusion_length=(0.2, 0.8),
        pointedness=(0.2, 1.0),
        raggedness=1.8,
        nucleus_radius=(8.0, 10.4),
        nucleus_elongation=(1.1, 1.9),
        lobes=0.05,
    ),
    CellLine(
        name="branched",
        spacing=27.8,
        radius=(12.1, 16.4),
        elongation=(1.3, 3.2),
        alignment=1.6,
        open_space=0.3,
        protrusions=(2, 6),
        protrusion_length=(0.8, 1.8),
        pointedness=(0.3, 1.0),
        raggedness=1.2,
        nucleus_radius=(6.0, 7.8),
        nucleus_elongation=(1.1, 1.7),
        lobes=0.03,
    ),
    CellLine(
        name="polygonal",
        spacing=25.4,
        radius=(14.7, 18.5),
        elongation=(1.0, 1.7),
        alignment=1.6,
        open_space=0.25,
        protrusions=(1, 3),
        protrusion_length=(0.1, 0.5),
        pointedness=(0.3, 0.9),
        raggedness=1.2,
        nucleus_radius=(6.6, 8.4),
        nucleus_elongation=(1.05, 1.5),
        lobes=0.05,
    ),
    CellLine(
        name="round",
        spacing=19.4,
        radius=(9.0, 11.4),
        elongation=(1.0, 1.2),
        alignment=1.6,
        open_space=0.35,
        protrusions=(0, 1),
        protrusion_length=(0.05, 0.2),
        pointedness=(0.0, 0.2),
        raggedness=0.5,
        nucleus_radius=(5.4, 6.8),
        nucleus_elongation=(1.0, 1.3),
        lobes=0.07,
    ),
)
"""The lines; real ones that they resemble, in order: A-431, fibroblasts such as BJ, U-251 MG, MCF-7 in
islands, U-2 OS, SH-SY5Y, HEK 293, and lines that grow as round cells, such as NB-4."""
