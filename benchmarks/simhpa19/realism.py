"""Simulated fields beside real ones, in numbers and curves.

Run from the top folder: ``python -m benchmarks.simhpa19.realism SIMULATED --real HPA --output OUT``, where
SIMULATED is what ``hpacells simulate`` writes and HPA holds the folders ``fields`` and ``reference_masks``
and, if there are any, ``tinted`` and ``cm4ai`` (the lite segmenter finds the cells of these two).
"""

import argparse
import json
import math
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from benchmarks.simhpa19.image_statistics.field_statistics import FieldFigures, measure_field
from benchmarks.simhpa19.realism_pictures import draw_realism
from benchmarks.simhpa19.side_by_side import Shown, draw_side_by_side
from data.fields.field import Field
from data.fields.image_folder import find_fields
from data.images.grey_levels import to_uint8
from data.masks.label_image import read_label_image, write_label_image
from pipeline.engines.messages import reported_in_one_line

PIXEL_SIZE_UM = 0.08
"""Pixel size of all real fields."""

HPA_FOLDERS = ("fields", "tinted")
"""Fields of the Human Protein Atlas, whose range the simulated ones are held against."""

OTHER_FOLDERS = ("cm4ai",)
"""Fields of another laboratory, shown beside them."""

Measured = dict[str, FieldFigures]


def measure_folder(images: Path, masks: Path, pixel_size_um: float, most: int | None = None) -> Measured:
    """Measure the fields of a folder; those without a label image ``<ID>_cells.png`` are segmented first."""
    measured = {}
    for field in find_fields(images)[:most]:
        image = to_uint8(field.read())
        path = masks / f"{field.image_id}_cells.png"
        if not path.is_file():
            segment_field(field, path)
        measured[field.image_id] = measure_field(image, read_label_image(path), pixel_size_um)
    return measured


def segment_field(field: Field, path: Path) -> None:
    """Write the cells that the lite segmenter finds."""
    from models.segmenters.factory import create_segmenter

    segmenter = create_segmenter("lite")
    write_label_image(path, segmenter.segment(field.read(segmenter.channels), PIXEL_SIZE_UM).cells)


def measure_real(real: Path, masks: Path) -> Iterator[tuple[str, Measured]]:
    """Measure the real fields folder by folder; ``masks`` keeps the cells that had to be segmented."""
    for name in (*HPA_FOLDERS, *OTHER_FOLDERS):
        if (real / name).is_dir():
            yield (
                name,
                measure_folder(
                    real / name, real / "reference_masks" if name == "fields" else masks, PIXEL_SIZE_UM
                ),
            )


def compare(simulated: Measured, real: dict[str, Measured]) -> pd.DataFrame:
    """Lay the figures side by side, a row a figure.

    Columns: lowest and highest of the real HPA fields, median and 5 % and 95 % quantile of the simulated
    ones, whether that median lies within the range, and lowest and highest of the other laboratory's fields.
    """
    ours = _table(simulated)
    theirs = _table({key: one for name in HPA_FOLDERS for key, one in real.get(name, {}).items()})
    others = _table({key: one for name in OTHER_FOLDERS for key, one in real.get(name, {}).items()})
    rows = pd.DataFrame(index=ours.columns)
    rows["real_low"], rows["real_high"] = theirs.min(), theirs.max()
    rows["simulated"] = ours.median()
    rows["simulated_5"], rows["simulated_95"] = ours.quantile(0.05), ours.quantile(0.95)
    rows["inside"] = (rows["simulated"] >= rows["real_low"]) & (rows["simulated"] <= rows["real_high"])
    if len(others):
        rows["other_low"], rows["other_high"] = others.min(), others.max()
    return rows


def to_markdown(rows: pd.DataFrame) -> str:
    """Write the comparison as a Markdown table; a median outside the real range says on which side."""
    others = "other_low" in rows
    titles = [
        "figure",
        "real",
        "simulated: median (5-95 %)",
        "within",
        *(["other laboratory"] if others else []),
    ]
    lines = [" | ".join(titles), " | ".join("---" for _ in titles)]
    for name, row in rows.iterrows():
        side = "low" if row["simulated"] < row["real_low"] else "HIGH"
        cells = [
            str(name),
            f"{_short(row['real_low'])} to {_short(row['real_high'])}",
            f"{_short(row['simulated'])} ({_short(row['simulated_5'])} to {_short(row['simulated_95'])})",
            "yes" if row["inside"] else side,
        ]
        if others:
            cells.append(f"{_short(row['other_low'])} to {_short(row['other_high'])}")
        lines.append(" | ".join(cells))
    return "\n".join(f"| {line} |" for line in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("simulated", type=Path)
    parser.add_argument("--real", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--pixel-size", type=float, default=PIXEL_SIZE_UM, help="of the simulated fields, um")
    parser.add_argument("--fields", type=int, help="measure so many simulated fields at most")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    options.output.mkdir(parents=True, exist_ok=True)
    masks = options.simulated / "masks"
    simulated = measure_folder(options.simulated, masks, options.pixel_size, options.fields)
    real = dict(measure_real(options.real, options.output / "masks"))
    rows = compare(simulated, real)
    counts = {name: len(measured) for name, measured in real.items()}
    print(f"{len(simulated)} simulated fields; real: {counts}")
    print(to_markdown(rows))
    print(f"\n{int(rows['inside'].sum())} of {len(rows)} simulated medians lie within the real range")
    record = {"fields": {"simulated": len(simulated), **counts}, "figures": _plain(rows)}
    (options.output / "realism.json").write_text(json.dumps(record, indent=1) + "\n")
    draw_realism(options.output / "realism.png", simulated, real)
    shown = _show(options.simulated, masks, options.pixel_size)
    draw_side_by_side(options.output, _show_real(options.real, options.output / "masks"), shown)


def _show(images: Path, masks: Path, pixel_size_um: float) -> list[Shown]:
    return [
        Shown(field, masks / f"{field.image_id}_cells.png", pixel_size_um) for field in find_fields(images)
    ]


def _show_real(real: Path, masks: Path) -> list[Shown]:
    folders = {"fields": real / "reference_masks", "tinted": masks}
    shown = [
        _show(real / name, folder, PIXEL_SIZE_UM)
        for name, folder in folders.items()
        if (real / name).is_dir()
    ]
    return [one for some in shown for one in some]


def _table(measured: Measured) -> pd.DataFrame:
    return pd.DataFrame([one.figures for one in measured.values()], index=list(measured))


def _plain(rows: pd.DataFrame) -> dict[str, dict[str, float | bool | None]]:
    return {
        str(name): {str(key): _number(value) for key, value in row.items()}
        for name, row in rows.to_dict("index").items()
    }


def _number(value: object) -> float | bool | None:
    if isinstance(value, bool | np.bool_):
        return bool(value)
    number = float(str(value))
    return round(number, 5) if math.isfinite(number) else None


def _short(value: float) -> str:
    return f"{value:.3g}"


if __name__ == "__main__":
    with reported_in_one_line():
        main()
