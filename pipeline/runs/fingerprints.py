"""Fingerprints of a step's inputs: what decides whether finished work is stale."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from data.fields.field import Field
from data.file_hash import hash_file
from data.labels.label_set import HPA2021, LabelSet
from pipeline.runs.manifest import hash_json, hash_json_list


def fingerprint_fields(fields: Sequence[Field]) -> str:
    """Hash names, sizes and times of the fields' image files."""
    return hash_json_list([field.image_id, field.fingerprint()] for field in fields)


def hash_label_set(label_set: LabelSet) -> dict[str, str]:
    """Return the input ``label_set`` of a step, a hash of the classes; none for the default set.

    A setting has only the file's name, whose content may change. The default set cannot.
    """
    if label_set.names == HPA2021.names and label_set.negative == HPA2021.negative:
        return {}
    return {"label_set": hash_json([label_set.names, label_set.negative])}


def find_given(files: Mapping[str, Path | None]) -> dict[str, Callable[[], str]]:
    """Return what hashes each file that the user gave, by its name among the inputs of a step."""
    return {name: partial(hash_file, path) for name, path in files.items() if path is not None}


def fingerprint_given(given: Mapping[str, Callable[[], str]]) -> dict[str, str]:
    """Return the inputs of a step that `find_given` finds: name -> fingerprint."""
    return {name: find() for name, find in given.items()}
