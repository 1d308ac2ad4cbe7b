"""Where converted weights are kept on this machine."""

from pathlib import Path

from safetensors import SafetensorError, safe_open

from data.file_hash import hash_file
from models.segmenters.dpn_unet.published_names import published_names
from models.segmenters.weights.catalogue import find_published
from models.weights.folder import weights_folder
from models.weights.origin import read_origin


def converted_path(name: str, folder: Path | None = None) -> Path:
    """Return where the converted weights of a name belong, whether they are there or not.

    Raises
    ------
    InputError
        For a name that the catalogue does not have.
    """
    return (folder or weights_folder()) / f"{find_published(name).name}.safetensors"


def find_weights(name: str) -> Path | None:
    """Find the converted weights of a name.

    Parameters
    ----------
    name
        A name of the catalogue, such as ``"dpn_unet_nuclei"``.

    Returns
    -------
    Path or None
        Safetensors file with our names; None where there is none, or one that is not whole.

    Raises
    ------
    InputError
        For a name that the catalogue does not have.
    """
    path = converted_path(name)
    try:
        # Opening it compares its size with what its header says.
        with safe_open(path, framework="numpy") as file:
            is_whole = set(file.keys()) == set(published_names().values())
    except (SafetensorError, OSError):
        return None
    return path if is_whole else None


def weights_hash(path: Path) -> str:
    """Return the SHA-256 of a file of weights, from the note beside it where the file did not change since.

    Parameters
    ----------
    path
        Any file; 557 MB take about a second where there is no note.
    """
    origin, state = read_origin(path), path.stat()
    if origin and (origin.size, origin.modified_ns) == (state.st_size, state.st_mtime_ns):
        return origin.sha256
    return hash_file(path)
