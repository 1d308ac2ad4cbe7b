"""The provenance of a work folder as RO-Crate metadata, in the profile Process Run Crate.

Specifications: RO-Crate 1.1, https://w3id.org/ro/crate/1.1; Process Run Crate 0.5,
https://w3id.org/ro/wfrun/process/0.5.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from data.atomic import atomic_write
from data.errors import InputError
from data.provenance.record import Provenance, Source, StageRecord

CRATE_NAME = "ro-crate-metadata.json"
"""Name that RO-Crate prescribes for the file."""

_CRATE = "https://w3id.org/ro/crate/1.1"
_PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
_CONTEXT = [f"{_CRATE}/context", "https://w3id.org/ro/terms/workflow-run/context"]
_LICENCE = "#licence"
_WRITER = "#hpacells-provenance"
"""Entity by which a file of ours is known again, before it is replaced."""

Entity = dict[str, Any]


def find_crate_file(path: Path) -> Path:
    """Return the file to be written for a path that the user gave: the file itself, or one in the folder.

    Raises
    ------
    InputError
        It is a JSON file of another name than RO-Crate prescribes, or one that hpacells did not write.
    """
    file = path
    if path.name != CRATE_NAME:
        if path.suffix.lower() == ".json" or path.is_file():
            raise InputError(
                found="a file of another name than RO-Crate prescribes",
                where=path,
                expected=f"a folder, or a file named {CRATE_NAME}",
                advice=f"give --crate {path.with_name(CRATE_NAME)}",
            )
        file = path / CRATE_NAME
    if file.is_dir() or (file.exists() and not _is_ours(file)):
        raise InputError(
            found=f"a {'folder' if file.is_dir() else 'file'} that hpacells did not write",
            where=file,
            expected="nothing there, or what an earlier `hpacells provenance` has written",
            advice="give another folder with --crate",
        )
    return file


def write_crate(file: Path, provenance: Provenance) -> None:
    """Write RO-Crate metadata; what lies in the file's folder is named relative to it."""
    graph = describe_crate(provenance, file.parent)
    with atomic_write(file) as temporary:
        text = json.dumps({"@context": _CONTEXT, "@graph": graph}, indent=2, ensure_ascii=False)
        temporary.write_text(text + "\n", encoding="utf-8")


def describe_crate(provenance: Provenance, folder: Path) -> list[Entity]:
    """Return the entities of a crate: one ``CreateAction`` per stage, and all that it names.

    Parameters
    ----------
    provenance
        What is known.
    folder
        The crate's folder.
    """
    crate = _Crate(folder)
    actions = [crate.add_action(record) for record in provenance.stages]
    last = max((record.finished for record in provenance.stages), default="")
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": f"hpacells: {Path(provenance.work).name}",
        "description": "What made the predictions of single cells in this work folder of hpacells.",
        "datePublished": last,
        "license": {"@id": _LICENCE},
        "conformsTo": {"@id": _PROFILE},
        "hasPart": [{"@id": entity["@id"]} for entity in crate.files],
        "mentions": actions,
    }
    return [
        {
            "@id": CRATE_NAME,
            "@type": "CreativeWork",
            "conformsTo": {"@id": _CRATE},
            "about": {"@id": "./"},
            "sdPublisher": {"@id": _WRITER},
        },
        root,
        {"@id": _PROFILE, "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"},
        {"@id": _WRITER, "@type": "SoftwareApplication", "name": "hpacells provenance"},
        {
            "@id": _LICENCE,
            "@type": "CreativeWork",
            "name": "Licence not stated",
            "description": "Whoever publishes images and results states their licence.",
        },
        *crate.entities,
    ]


class _Crate:
    """The entities of a crate, each once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._entities: dict[str, Entity] = {}
        self._results: dict[str, list[dict[str, str]]] = {}

    @property
    def entities(self) -> list[Entity]:
        return list(self._entities.values())

    @property
    def files(self) -> list[Entity]:
        """Those that are data: files and folders."""
        return [entity for entity in self.entities if entity["@type"] in ("File", "Dataset")]

    def add_action(self, record: StageRecord) -> dict[str, str]:
        used = [result for stage in record.earlier for result in self._results.get(stage, [])]
        used += [self._add_source(record.stage, source) for source in record.sources]
        used += [self._add_setting(record.stage, name, value) for name, value in record.settings.items()]
        made = [self._add_path(Path(path)) for path in record.results]
        self._results[record.stage] = made
        notes = [*record.remarks, *(f"{name}: {fact}" for name, fact in record.facts.items())]
        notes += [f"failed: {where}: {why}" for where, why in record.failures.items()]
        return self._add(
            {
                "@id": f"#{quote(record.stage)}",
                "@type": "CreateAction",
                "name": f"hpacells {record.stage}",
                "description": "; ".join(notes),
                "instrument": self._add_software(record),
                "object": used,
                "result": made,
                "startTime": record.started,
                "endTime": record.finished,
                "actionStatus": {"@id": "http://schema.org/CompletedActionStatus"},
            }
        )

    def _add(self, entity: Entity) -> dict[str, str]:
        """Add an entity without its empty properties, unless it is there; return a reference to it."""
        full = {name: value for name, value in entity.items() if value not in ("", [])}
        known = self._entities.setdefault(entity["@id"], full)
        for name, value in full.items():
            known.setdefault(name, value)
        return {"@id": entity["@id"]}

    def _add_path(self, path: Path, **more: str) -> dict[str, str]:
        """Add a file or folder; what is gone counts as a file if its name has an ending."""
        is_folder = path.is_dir() or (not path.is_file() and not path.suffix)
        whole = path.absolute()
        # Links are left as they are, so that names stay those of the records.
        near = next(
            (base for base in (self._folder, self._folder.absolute()) if whole.is_relative_to(base)), None
        )
        name = quote(whole.relative_to(near).as_posix()) if near else whole.as_uri()
        if name == ".":
            # The crate itself.
            return {"@id": "./"}
        suffix = "/" if is_folder and not name.endswith("/") else ""
        kind = "Dataset" if is_folder else "File"
        return self._add({"@id": name + suffix, "@type": kind, "name": path.name} | more)

    def _add_source(self, stage: str, source: Source) -> dict[str, str]:
        notes = "; ".join(filter(None, (source.role, source.fingerprint, source.note)))
        if source.path:
            return self._add_path(Path(source.path), sha256=source.sha256, description=notes)
        value = f"sha256:{source.sha256}" if source.sha256 else source.fingerprint
        return self._add_value(f"#{stage}/{source.role}", source.role, value, source.note)

    def _add_setting(self, stage: str, name: str, value: Any) -> dict[str, str]:
        plain = value if isinstance(value, str | int | float) else json.dumps(value, ensure_ascii=False)
        return self._add_value(f"#{stage}/settings/{name}", f"{stage}.{name}", plain)

    def _add_value(self, name: str, title: str, value: Any, note: str = "") -> dict[str, str]:
        entity = {"@id": quote(name, safe="#/"), "@type": "PropertyValue", "name": title, "description": note}
        # An empty text is a value, too.
        reference = self._add(entity)
        self._entities[reference["@id"]]["value"] = value
        return reference

    def _add_software(self, record: StageRecord) -> dict[str, str]:
        libraries: Sequence[tuple[str, str]] = [
            (name, version) for name, version in record.versions.items() if name != "hpacells"
        ]
        needed = [
            self._add(
                {
                    "@id": f"#{quote(f'{name}-{version}')}",
                    "@type": "SoftwareApplication",
                    "name": name,
                    "version": version,
                }
            )
            for name, version in libraries
        ]
        return self._add(
            {
                "@id": f"#{quote(record.stage)}/hpacells",
                "@type": "SoftwareApplication",
                "name": "hpacells",
                "version": record.versions.get("hpacells", "unknown"),
                "softwareRequirements": needed,
            }
        )


def _is_ours(file: Path) -> bool:
    try:
        graph = json.loads(file.read_text(encoding="utf-8"))["@graph"]
        return any(entity.get("@id") == _WRITER for entity in graph)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
