"""What this machine offers hpacells: versions, processor features, runtimes, weights and free disk."""

import os
import platform
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import torch

from data.cache_folder import cache_folder
from data.cores import available_cores
from data.errors import InputError
from data.software.opencv import describe_opencv
from data.software.versions import find_version
from models.classifiers.backbones.subcell.names import list_names
from models.classifiers.backbones.subcell.store import is_fetched, subcell_folder
from models.classifiers.bundled import BUNDLED, find_classifier_folder
from models.runtimes.names import RUNTIMES, resolve_runtime, runtimes_of_processor
from models.runtimes.trial import find_times
from models.segmenters.cellpose.published import read_published
from models.segmenters.cellpose.weights import find_cellpose_weights
from models.segmenters.factory import choose_segmenter
from models.segmenters.weights.catalogue import read_catalogue
from models.segmenters.weights.store import find_weights
from models.weights.folder import weights_folder

PACKAGES = (
    "torch",
    "torchvision",
    "timm",
    "segmentation-models-pytorch",
    "albumentations",
    "albucore",
    "opencv-python-headless",
    "scikit-image",
    "scipy",
    "tifffile",
    "imagecodecs",
    "pycocotools",
    "numpy",
    "pandas",
    "zarr",
    "openvino",
    "fsspec",
    "s3fs",
    "hpacellseg",
    "cellpose",
)
"""The packages whose versions a report of a fault needs."""

_FEATURES = ("avx2", "avx512", "avx512_bf16", "amx_bf16", "sve", "bf16")


def examine(work: Path) -> dict[str, dict[str, str]]:
    """Check what this machine offers; what cannot be found out says so, and nothing is raised.

    Parameters
    ----------
    work
        Folder whose free disk space is of interest.

    Returns
    -------
    dict
        Heading -> name -> finding, all as text for people.
    """
    return {
        "hpacells": {
            "version": _version("hpacells"),
            "python": f"{platform.python_version()} at {sys.executable}",
            "system": platform.platform(),
        },
        "packages": {name: _version(name) for name in PACKAGES},
        "pixels": {"OpenCV": _tried(describe_opencv)},
        "hardware": {
            "cores": f"{available_cores()} usable of {os.cpu_count()}",
            "memory": _tried(_memory),
            "features": _tried(_features),
            "GPU": _tried(_gpu),
        },
        "runtimes": {"auto": _tried(_fastest)}
        | {name: _tried(lambda name=name: _usable(name)) for name in RUNTIMES},
        "segmenter": {"auto": _tried(_segmenter)},
        "weights": {
            name: _tried(lambda name=name: _presence(find_weights(name))) for name in read_catalogue()
        }
        | {
            published.network: _tried(lambda name=name: _presence(find_cellpose_weights(name)))
            for name, published in read_published().items()
        }
        | {
            str(name): _tried(lambda name=name: _presence(subcell_folder(name) if is_fetched(name) else None))
            for name in list_names()
        }
        | {name: f"bundled at {find_classifier_folder(name)}" for name in BUNDLED},
        "free disk": {
            "work": _tried(lambda: _free(work)),
            "weights": _tried(lambda: _free(weights_folder())),
            "cache": _tried(lambda: _free(cache_folder())),
        },
    }


def format_examination(findings: dict[str, dict[str, str]]) -> str:
    """Return the findings as lines of text, one block per heading."""
    width = max(len(name) for rows in findings.values() for name in rows)
    lines = []
    for heading, rows in findings.items():
        lines.append(heading)
        lines += [f"  {name:<{width}}  {finding}" for name, finding in rows.items()]
    return "\n".join(lines)


def _tried(find: Callable[[], str]) -> str:
    # A report of a fault is written where something is broken: one failing line must not hide the others.
    try:
        return find()
    except InputError as error:
        return f"no ({error})"
    except Exception as error:
        return f"cannot be told ({type(error).__name__}: {error})"


def _version(package: str) -> str:
    return find_version(package) or "not installed"


def _memory() -> str:
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return f"{pages * size / 2**30:.0f} GiB"


def _features() -> str:
    capabilities = torch.cpu.get_capabilities()
    present = [name for name in _FEATURES if capabilities.get(name)]
    return ", ".join(present) or "none that matter here"


def _gpu() -> str:
    if not torch.cuda.is_available():
        return "none that torch can use"
    names = [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
    return ", ".join(names)


def _fastest() -> str:
    name = resolve_runtime()
    if name == "cuda":
        return name
    times = ", ".join(
        f"{tried} {1000 * seconds:.0f} ms" for tried, seconds in find_times(runtimes_of_processor())
    )
    return f"{name} (in a short trial: {times})"


def _usable(runtime: str) -> str:
    resolve_runtime(runtime)
    return "yes"


def _segmenter() -> str:
    name, reason = choose_segmenter()
    return f"{name} ({reason})"


def _presence(path: Path | None) -> str:
    return f"present at {path}" if path else "not present"


def _free(folder: Path) -> str:
    """Return the free space of the disk that a folder is on, or will be on when it is made."""
    existing = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    return f"{shutil.disk_usage(existing).free / 2**30:.1f} GiB for {folder.absolute()}"
