"""How well cells are found without microtubules, ER or both, on simulated fields whose true masks are known.

Run from the top folder: ``python -m benchmarks.segmenting_fewer_channels``. Each segmenter sees the fields as
``hpacells segment`` shows them to it where the channels are absent. Of the fields of a folder (``--images``)
no true masks are known; they are compared with what the segmenter finds in all four channels.
"""

import argparse
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from benchmarks.side_by_side.machine import describe_run
from data.channels import CHANNELS
from data.compare.agreement import Agreement, compare_cells, pool_agreements
from data.fields.image_folder import find_fields
from data.simulate.field import simulate_set_field
from data.simulate.field_settings import FieldSettings
from models.segmenters.field_segmenter import FieldSegmenter, load_segmenter
from pipeline.engines.messages import reported_in_one_line, show_messages

SUBSETS = (CHANNELS, ("red", "green", "blue"), ("green", "blue", "yellow"), ("green", "blue"))
SEGMENTERS = ("lite", "classical")


Agreements = dict[tuple[tuple[str, ...], str], list[Agreement]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--fields", type=int, default=20, help="simulated fields (20)")
    parser.add_argument("--size", type=int, default=1024, help="their side in px (1024)")
    parser.add_argument("--seed", type=int, default=7731, help="of the fields (7731)")
    parser.add_argument("--images", type=Path, help="a folder of fields with all channels, in place of these")
    parser.add_argument(
        "--segmenter", action="append", help="names or weights of lite; default: lite, classical"
    )
    options = parser.parse_args()
    show_messages()
    segmenters = {name: load_segmenter(name) for name in options.segmenter or SEGMENTERS}
    if options.images:
        show(compare_with_all_channels(options.images, segmenters))
    else:
        settings = FieldSettings(shape=(options.size, options.size), seed=options.seed)
        show(compare_with_truth(settings, options.fields, segmenters))
    print("\n".join(describe_run("benchmarks.segmenting_fewer_channels")))


def compare_with_truth(
    settings: FieldSettings, count: int, segmenters: Mapping[str, FieldSegmenter]
) -> Agreements:
    """Compare the cells that are found in simulated fields with their true ones."""
    agreements: Agreements = defaultdict(list)
    for number in range(count):
        field = simulate_set_field(number, settings)
        for channels in SUBSETS:
            image = field.image[[CHANNELS.index(channel) for channel in channels]]
            for name, segmenter in segmenters.items():
                found = segmenter.segment_image(image, channels=channels)
                agreements[channels, name].append(compare_cells(field.cells, found.cells))
    return agreements


def compare_with_all_channels(folder: Path, segmenters: Mapping[str, FieldSegmenter]) -> Agreements:
    """Compare the cells that are found in fields with those that are found with all channels."""
    agreements: Agreements = defaultdict(list)
    for field in find_fields(folder):
        for name, segmenter in segmenters.items():
            whole = segmenter.segment_field(field)
            for channels in SUBSETS[1:]:
                image = field.read(channels)
                found = segmenter.segment_image(image, whole.pixel_size_um, channels=channels)
                agreements[channels, name].append(compare_cells(whole.cells, found.cells))
    return agreements


def show(agreements: Agreements) -> None:
    """Print a line for each choice of channels and segmenter."""
    for (channels, name), found in agreements.items():
        pooled = pool_agreements(found)
        print(
            f"{', '.join(channels):26} {name:10} F1 {pooled.f1:.3f}, mean IoU {pooled.mean_iou:.3f}, "
            f"{pooled.predicted_cells} cells found of {pooled.reference_cells}"
        )


if __name__ == "__main__":
    with reported_in_one_line():
        main()
