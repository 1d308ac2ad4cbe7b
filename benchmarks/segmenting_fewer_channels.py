"""How well cells are found without microtubules, ER or both, on simulated fields whose true masks are known.

Run from the top folder: ``python -m benchmarks.segmenting_fewer_channels``. Each segmenter sees the fields as
``hpacells segment`` shows them to it where the channels are absent.
"""

import argparse

from benchmarks.side_by_side.machine import describe_run
from data.channels import CHANNELS
from data.compare.agreement import compare_cells, pool_agreements
from data.simulate.field import simulate_set_field
from data.simulate.field_settings import FieldSettings
from models.segmenters.field_segmenter import load_segmenter
from pipeline.engines.messages import reported_in_one_line, show_messages

SUBSETS = (CHANNELS, ("red", "green", "blue"), ("green", "blue", "yellow"), ("green", "blue"))
SEGMENTERS = ("lite", "classical")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--fields", type=int, default=20, help="simulated fields (20)")
    parser.add_argument("--size", type=int, default=1024, help="their side in px (1024)")
    parser.add_argument("--seed", type=int, default=7731, help="of the fields (7731)")
    options = parser.parse_args()
    show_messages()
    segmenters = {name: load_segmenter(name) for name in SEGMENTERS}
    settings = FieldSettings(shape=(options.size, options.size), seed=options.seed)
    agreements = {(channels, name): [] for channels in SUBSETS for name in SEGMENTERS}
    for number in range(options.fields):
        field = simulate_set_field(number, settings)
        for channels in SUBSETS:
            image = field.image[[CHANNELS.index(channel) for channel in channels]]
            for name, segmenter in segmenters.items():
                found = segmenter.segment_image(image, channels=channels)
                agreements[channels, name].append(compare_cells(field.cells, found.cells))
    for (channels, name), found in agreements.items():
        pooled = pool_agreements(found)
        print(
            f"{', '.join(channels):26} {name:10} F1 {pooled.f1:.3f}, mean IoU {pooled.mean_iou:.3f}, "
            f"{pooled.predicted_cells} cells found of {pooled.reference_cells}"
        )
    print("\n".join(describe_run("benchmarks.segmenting_fewer_channels")))


if __name__ == "__main__":
    with reported_in_one_line():
        main()
