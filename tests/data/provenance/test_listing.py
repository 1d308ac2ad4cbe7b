from data.provenance.listing import format_provenance
from data.provenance.record import CellRecord, Provenance, Source, StageRecord

VERSIONS = {"hpacells": "0.2.0", "numpy": "2.4.6"}
SEGMENT = StageRecord(
    "segment",
    "2026-11-28T18:38:37+00:00",
    1.04,
    {"runtime": "auto", "masks": "", "limit": -1.5, "names": ["a"]},
    VERSIONS,
    sources=(Source("images", "/images", fingerprint="abc", note="not there any more"),),
    results=("/work/masks",),
    counts={"fields": 3},
    failures={"A2": "A2: no green channel", "A3": "unreadable"},
    remarks=("masks were changed since",),
)
CROPS = StageRecord("crops", "2026-11-28T18:39:00+00:00", 0.2, {}, VERSIONS, earlier=("segment",))


def test_a_block_per_stage() -> None:
    assert format_provenance(Provenance("/work", (SEGMENT, CROPS), damaged=("/work/train.json",))) == (
        "work            /work\n"
        "\n"
        "segment: finished 2026-11-28T18:38:37+00:00, 1.0 s\n"
        "  NOTE            masks were changed since\n"
        "  images          /images (abc); not there any more\n"
        '  settings        runtime=auto, masks="", limit=-1.5, names=["a"]\n'
        "  versions        hpacells 0.2.0, numpy 2.4.6\n"
        "  results         /work/masks\n"
        "  counts          3 fields\n"
        "  failed          A2: no green channel\n"
        "  failed          A3: unreadable\n"
        "\n"
        "crops: finished 2026-11-28T18:39:00+00:00, 0.2 s\n"
        "  from            the results of segment\n"
        "  versions        as those of segment\n"
        "\n"
        "damaged         /work/train.json"
    )


def test_a_cell_with_its_likeliest_classes() -> None:
    probabilities = {"Cytosol": 0.25, "Nucleoli": 0.5, "Actin": 0.125, "Vesicles": 0.0}
    cell = CellRecord("A1", 3, {"red": "/i/A1_red.png"}, 0.08, VERSIONS, "", probabilities, ("Nucleoli",))
    assert format_provenance(Provenance("/work", (), cell=cell)).splitlines()[2:] == [
        "cell 3 of A1",
        "  red             /i/A1_red.png",
        "  pixel           0.08 um",
        "  segmented       with hpacells 0.2.0, numpy 2.4.6",
        "  predicted       Nucleoli 0.500, Cytosol 0.250, Actin 0.125",
        "  called          Nucleoli",
    ]


def test_names_cannot_break_lines_or_move_the_cursor() -> None:
    cell = CellRecord("A\n1\x1b[2J", 3, dropped="too small")
    assert format_provenance(Provenance("/w\r", (), cell=cell)).splitlines() == [
        "work            /w%0D",
        "",
        "cell 3 of A%0A1%1B[2J",
        "  left out        too small",
    ]
