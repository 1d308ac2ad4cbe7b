"""One simulated cell as its stains and patterns see it: masks, distances, landmarks and shared structures."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from data.simulate.drawing.canvas import Canvas
from data.simulate.drawing.textures import Textures
from data.simulate.geometry.shapes import CellShape
from data.simulate.geometry.territory import Territory
from data.simulate.patterns.filaments import grow_filaments, trace
from data.simulate.random_streams import Stream, random_stream

_ROOM_BESIDE_NUCLEUS_UM = 2.5

_NUCLEOLI_SHARES = (0.06, 0.16, 0.22, 0.2, 0.15, 0.1, 0.07, 0.04)
"""Parts of the cells with 1 to 8 nucleoli."""


@dataclass(frozen=True)
class Cell:
    """A cell in its window of the field.

    Images are (h, w) of the window, lengths in µm, places y, x from the field's corner.

    Attributes
    ----------
    window
        Rows and columns of the field.
    mask, nucleus
        (h, w) bool; the nucleus of a dividing cell is its chromosomes.
    shape
        Its outline before it met its neighbours.
    territory
        Its whole ground, also beyond the field.
    textures
        The random fields of the whole field.
    px_per_um
        Pixels in a micrometre.
    key
        Seed, field and number of the cell: what its random streams start from.
    antibody
        Seed and number of the antibody: what all cells that it stains have in common starts from these.
    """

    window: tuple[slice, slice]
    mask: NDArray[np.bool_]
    nucleus: NDArray[np.bool_]
    shape: CellShape
    territory: Territory
    textures: Textures
    px_per_um: float
    key: tuple[int, int, int]
    antibody: tuple[int, int]

    def random(self, stream: Stream, *more: int) -> np.random.Generator:
        """Return one of the cell's random streams."""
        seed, field, number = self.key
        return random_stream(seed, field, stream, number, *more)

    @property
    def mitotic(self) -> bool:
        """Whether it divides."""
        return self.shape.mitotic

    @cached_property
    def canvas(self) -> Canvas:
        """Its window to draw on."""
        origin = (self.window[0].start, self.window[1].start)
        return Canvas(origin, (self.mask.shape[0], self.mask.shape[1]), self.px_per_um)

    def noise(self, scale: float, layer: int = 0) -> NDArray[np.floating]:
        """Return the field's noise in this window: mean 0, variance 1, correlation length ``scale`` µm."""
        return self.textures.noise(scale, layer)[self.window]

    def mesh(self, scale: float, layer: int = 0, sharpness: float = 2.0) -> NDArray[np.floating]:
        """Return the window of the field's network of ridges, 0..1."""
        return self.textures.mesh(scale, layer, sharpness)[self.window]

    @cached_property
    def cytoplasm(self) -> NDArray[np.floating]:
        """1 in the cell outside its nucleus, 0 elsewhere."""
        return (self.mask & ~self.nucleus).astype(np.float32)

    @cached_property
    def edge_distance(self) -> NDArray[np.floating]:
        """Distance to the cell's edge, 0 outside; the field's border is no edge."""
        return _distance(self.mask) / self.px_per_um

    @cached_property
    def nucleus_distance(self) -> NDArray[np.floating]:
        """Distance to the nucleus's edge: positive outside, negative in it."""
        if not self.nucleus.any():
            return self._distance_of_unseen_nucleus
        return (_distance(~self.nucleus) - _distance(self.nucleus)) / self.px_per_um

    @property
    def _distance_of_unseen_nucleus(self) -> NDArray[np.floating]:
        y, x = self.canvas.offsets_from(self.shape.centre)
        radius = float(np.mean(self.shape.nuclei[0].radii))
        return np.maximum(np.hypot(y, x) - radius, np.float32(0.1))

    @cached_property
    def thickness(self) -> NDArray[np.floating]:
        """How much of the cell lies in focus, 0..1.

        It is highest at the nucleus and falls towards the thin edge, less on the side of the centrosome.
        """
        random = self.random(Stream.CELL, 4)
        flat, reach, lean = random.uniform(0.08, 0.75), random.uniform(3.0, 14.0), random.uniform(0.0, 0.7)
        rise = 0.5 + 0.5 * (1.0 - np.exp(self.edge_distance * np.float32(-1 / 3.0)))
        rise = rise * np.minimum(self.edge_distance * np.float32(4.0), 1.0)
        if self.mitotic:
            return rise
        y, x = self.canvas.offsets_from(self.shape.centre)
        toward = (y * np.sin(self.polarity) + x * np.cos(self.polarity)) / (np.hypot(y, x) + np.float32(0.1))
        slope = 1.0 / (reach * (1.0 + lean * toward))
        fall = np.exp(-np.maximum(self.nucleus_distance, 0.0) * slope.astype(np.float32))
        return rise * (np.float32(flat) + np.float32(1.0 - flat) * fall)

    @cached_property
    def cell_axis(self) -> float:
        """Direction of the long axis, of the spindle in a dividing cell (radians)."""
        return self.shape.axis

    @cached_property
    def polarity(self) -> float:
        """Direction from the nucleus to centrosome and Golgi, where there is room for them (radians)."""
        random = self.random(Stream.CELL, 0)
        angles = random.uniform(0.0, 2 * np.pi, 12)
        nucleus = self.shape.nuclei[0]
        distances = nucleus.radius(angles) + _ROOM_BESIDE_NUCLEUS_UM
        places = np.stack([np.sin(angles), np.cos(angles)], axis=1) * distances[:, None] + nucleus.centre
        room = self.territory.look_up(self.territory.edge_distance, places)
        return float(angles[np.argsort(room, kind="stable")[-int(random.integers(1, 5))]])

    @cached_property
    def centrosome(self) -> tuple[float, float]:
        """Place y, x of the centrosome, beside the nucleus."""
        nucleus = self.shape.nuclei[0]
        beside = float(nucleus.radius(self.polarity)) + self.random(Stream.CELL, 1).uniform(0.7, 1.8)
        return nucleus.point(self.polarity, beside / float(nucleus.radius(self.polarity)))

    @cached_property
    def poles(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Places y, x of the two poles of a dividing cell's spindle."""
        centre, axis = self.shape.centre, self.shape.axis
        distance = 0.55 * float(self.shape.body.radius(axis)) + (0.8 if len(self.shape.nuclei) > 1 else 0.0)
        dy, dx = distance * np.sin(axis), distance * np.cos(axis)
        return (centre[0] + dy, centre[1] + dx), (centre[0] - dy, centre[1] - dx)

    @cached_property
    def nucleolus_places(self) -> list[tuple[float, float, float]]:
        """Places y, x and radii of the nucleoli; none in a dividing cell."""
        if self.mitotic:
            return []
        random = self.random(Stream.CELL, 2)
        nucleus = self.shape.nuclei[0]
        mean_radius = float(np.mean(nucleus.radii))
        count = int(random.choice(np.arange(1, 9), p=_NUCLEOLI_SHARES))
        places: list[tuple[float, float, float]] = []
        for _ in range(count):
            y, x = nucleus.point(random.uniform(0, 2 * np.pi), 0.7 * random.random() ** 0.5)
            radius = mean_radius * random.uniform(0.13, 0.32) / (1.0 + 0.07 * count)
            if all(np.hypot(y - other[0], x - other[1]) > radius + other[2] for other in places):
                places.append((y, x, radius))
        return places

    @cached_property
    def nucleoli(self) -> NDArray[np.floating]:
        """How far each pixel lies in a nucleolus, 0..1: irregular, at times grown together or in pieces."""
        image = np.zeros(self.mask.shape, np.float32)
        bumps = self.noise(0.6, 1)
        lumpy = np.float32(self.random(Stream.CELL, 5).uniform(0.12, 0.5))
        for y, x, radius in self.nucleolus_places:
            strays = np.minimum(lumpy, np.float32(0.45 * radius)) * bumps
            depth = (radius - self.canvas.distance_from((y, x)) + strays) / np.float32(0.16)
            np.maximum(image, np.clip(depth + np.float32(0.5), 0.0, 1.0), out=image)
        return image * self.nucleus

    @cached_property
    def microtubules(self) -> NDArray[np.floating]:
        """The cell's microtubules, a single one of brightness 1; without the spindle of a dividing cell."""
        random = self.random(Stream.MICROTUBULES)
        territory = self.territory
        room = territory.cytoplasm_room
        area = float(np.count_nonzero(room > 0)) * 0.1
        near = np.exp(-territory.nucleus_distance / 6.0) + 0.25
        count = int(min(area * random.uniform(0.45, 0.62), 420))
        starts = territory.sample(near * (room > 0.3), count, random)
        outward = np.arctan2(starts[:, 0] - self.centrosome[0], starts[:, 1] - self.centrosome[1])
        headings = outward + random.normal(0.0, 0.7, len(starts))
        # In a long cell most run along it, some this way and some that.
        along = self.shape.axis + np.pi * (np.cos(headings - self.shape.axis) < 0)
        lengthwise = random.random(len(starts)) < self.shape.slenderness
        headings = np.where(lengthwise, along + random.normal(0.0, 0.25, len(starts)), headings)
        points, alive = grow_filaments(
            territory, room, starts, headings, steps=30, wander=0.085, random=random
        )
        fading = 0.45 + 0.75 * np.exp(-territory.look_up(territory.nucleus_distance, points) / 5.0)
        fading = fading * np.clip(territory.look_up(territory.edge_distance, points) / 2.0, 0.4, 1.0)
        brightness = random.gamma(3.0, 0.27, len(starts))[:, None] * fading
        dense, weights = trace(points, alive * brightness, self.px_per_um)
        return self.canvas.draw_points(dense, weights, 0.08, curves=True)


def _distance(mask: NDArray[np.bool_]) -> NDArray[np.floating]:
    distance = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 3)
    # Without any pixel outside the mask OpenCV answers with the largest number there is.
    return np.minimum(np.asarray(distance, dtype=np.float32), np.float32(sum(mask.shape)))
