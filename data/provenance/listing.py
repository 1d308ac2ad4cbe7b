"""The provenance of a work folder as text, one block per stage."""

import json
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from data.provenance.record import CellRecord, Provenance, Source, StageRecord
from data.text.readable_text import readable_line

_WIDTH = 118
_NAMES = 16
_SHOWN_CLASSES = 3


def format_provenance(provenance: Provenance) -> str:
    """Return a text with the work folder, the cell if there is one, and a block per stage."""
    lines = [*_row("work", provenance.work, 0)]
    if provenance.cell is not None:
        lines += ["", *_cell_block(provenance.cell)]
    shown: dict[str, Mapping[str, str]] = {}
    for record in provenance.stages:
        lines += ["", *_stage_block(record, shown)]
        shown[record.stage] = record.versions
    for path in provenance.damaged:
        lines += ["", *_row("damaged", path, 0)]
    return "\n".join(lines)


def _stage_block(record: StageRecord, shown: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    yield f"{readable_line(record.stage)}: finished {readable_line(record.finished)}, {record.seconds:.1f} s"
    for remark in record.remarks:
        yield from _row("NOTE", remark)
    if record.earlier:
        yield from _row("from", f"the results of {' and '.join(record.earlier)}")
    for source in record.sources:
        yield from _row(source.role, _describe(source))
    for name, fact in record.facts.items():
        yield from _row(name, fact)
    yield from _row(
        "settings", ", ".join(f"{name}={_value(value)}" for name, value in record.settings.items())
    )
    same = next((stage for stage, versions in shown.items() if versions == record.versions), None)
    versions = ", ".join(f"{name} {version}" for name, version in record.versions.items())
    yield from _row("versions", f"as those of {same}" if same else versions)
    yield from _row("results", ", ".join(record.results))
    yield from _row("counts", ", ".join(f"{count:g} {name}" for name, count in record.counts.items()))
    for where, why in record.failures.items():
        yield from _row("failed", why if where in why else f"{where}: {why}")


def _cell_block(cell: CellRecord) -> Iterator[str]:
    yield f"cell {cell.cell_id} of {readable_line(cell.image_id)}"
    for remark in cell.remarks:
        yield from _row("NOTE", remark)
    for channel, path in cell.files.items():
        yield from _row(channel, path)
    if cell.pixel_size_um is not None:
        yield from _row("pixel", f"{cell.pixel_size_um:g} um")
    versions = ", ".join(f"{name} {version}" for name, version in cell.versions.items())
    yield from _row("segmented", f"with {versions}" if versions else "")
    yield from _row("left out", cell.dropped)
    likeliest = sorted(cell.probabilities.items(), key=lambda item: -item[1])[:_SHOWN_CLASSES]
    yield from _row("predicted", ", ".join(f"{name} {probability:.3f}" for name, probability in likeliest))
    if cell.probabilities:
        yield from _row("called", ", ".join(cell.called) or "no class")


def _describe(source: Source) -> str:
    known = f"sha256 {source.sha256}" if source.sha256 else source.fingerprint
    parts = [source.path, f"({known})" if known and source.path else known]
    return " ".join(filter(None, parts)) + (f"; {source.note}" if source.note else "")


def _value(value: Any) -> str:
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)


def _row(name: str, text: str, indent: int = 2) -> Iterator[str]:
    if not text:
        return
    start = " " * indent + f"{readable_line(name)} ".ljust(_NAMES)
    yield from textwrap.wrap(
        readable_line(text),
        _WIDTH,
        initial_indent=start,
        subsequent_indent=" " * (indent + _NAMES),
        break_long_words=False,
        break_on_hyphens=False,
    )
