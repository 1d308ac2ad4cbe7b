"""What a server far away costs: segment and crops with all on disk, in a bucket, and 50 ms away.

Run from the top folder: ``python -m benchmarks.storage``, with the extra ``dev``. Fields are simulated and
put in a bucket of an S3 server (moto) on this machine; a proxy adds latency to each request. Each command
runs in a process of its own, and each run begins with an empty cache and no work folder.
"""

import argparse
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from benchmarks.side_by_side.command import run_command
from benchmarks.side_by_side.machine import describe_machine
from tests.factories.storage.bucket import Bucket
from tests.factories.storage.latency_proxy import latency_proxy
from tests.factories.storage.s3_server import BUCKET, s3_server, s3_settings

_STAGES = ("segment", "crops")

Place = tuple[object, bool, dict[str, str]]


def main() -> None:
    """Print seconds of each stage at each place, and what latency adds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--fields", type=int, default=24)
    parser.add_argument("--size", type=int, default=1024, help="side of a field (px)")
    parser.add_argument("--latency", type=float, default=0.05, help="what a request takes longer (s)")
    parser.add_argument("--repeats", type=int, default=3, help="the median of so many runs is taken")
    arguments = parser.parse_args()
    sys.stdout.write(f"{describe_machine()}\n")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        images = folder / "images"
        run_command(["simulate", images, "--fields", arguments.fields, "--size", arguments.size, "--seed", 3])
        address = stack.enter_context(s3_server())
        url = Bucket(address, "benchmark").put_folder(images, "images")
        proxy = stack.enter_context(latency_proxy(address, arguments.latency))
        direct = stack.enter_context(latency_proxy(address, 0))
        far = f"{1000 * arguments.latency:g} ms away"
        near, away = s3_settings(direct.address), s3_settings(proxy.address)
        # Images, whether the work folder is in the bucket, too, and by which address the server is found.
        places: dict[str, Place] = {
            "all on disk": (images, False, {}),
            "images in a bucket": (url, False, near),
            f"images in a bucket {far}": (url, False, away),
            "images and work folder in a bucket": (url, True, near),
            f"images and work folder in a bucket {far}": (url, True, away),
        }
        seconds: dict[str, list[list[float]]] = {name: [] for name in places}
        for repeat in range(arguments.repeats):
            for number, (name, place) in enumerate(places.items()):
                seconds[name].append(_measure(place, folder, f"{repeat}-{number}"))
        _show(seconds)


def _measure(place: Place, folder: Path, name: str) -> list[float]:
    """Return the seconds of each stage; of the run before nothing is left."""
    images, is_remote, settings = place
    work = f"s3://{BUCKET}/work-{name}" if is_remote else folder / f"work-{name}"
    settings = settings | {"HPACELLS_CACHE": str(folder / f"cache-{name}")}
    return [run_command([stage, images, "--work", work], settings).seconds for stage in _STAGES]


def _show(seconds: dict[str, list[list[float]]]) -> None:
    sys.stdout.write(
        f"\n| | {' | '.join(f'{stage} (s)' for stage in _STAGES)} | both (s) |\n|---|---|---|---|\n"
    )
    both = {name: median(sum(run) for run in runs) for name, runs in seconds.items()}
    for name, runs in seconds.items():
        stages = [median(run[number] for run in runs) for number in range(len(_STAGES))]
        columns = " | ".join(f"{taken:.1f}" for taken in (*stages, both[name]))
        sys.stdout.write(f"| {name} | {columns} |\n")
    _, near, far, all_near, all_far = both.values()
    for name, ratio in {"images": far / near, "images and work folder": all_far / all_near}.items():
        sys.stdout.write(f"\nlatency adds {100 * (ratio - 1):.0f} % where {name} are in the bucket\n")


if __name__ == "__main__":
    main()
