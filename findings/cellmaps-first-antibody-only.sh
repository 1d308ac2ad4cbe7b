#!/usr/bin/env bash
# cellmaps_imagedownloader 0.3.0: of the Human Protein Atlas's XML it reads the first antibody of each gene, and loses
# the genes whose first antibody was used for tissue only.
#
# With --protein_list or --cell_line the downloader makes its table of samples from proteinatlas.xml. An entry there has
# an <antibody> element for each antibody (CCNB1 has four, the first of 2006), and each antibody its own tissue and cell
# images; many were used for tissue sections only, and the immunofluorescence was made with another one. The reader
# asks for one <antibody>, which gives the first, and skips the gene where this one has no cell images. Where it has,
# those of the other antibodies are left out. A protein of the list that is missing in samples.csv is not reported, so
# that a map of 500 proteins is one of fewer. And --cell_line is compared with the atlas's name in upper case: HeLa, as
# HPA's own list of cell lines has it, gives an empty table, and HELA the images. Compare gene_names of samples.csv with
# the list, or make the table from all <antibody> elements of each entry.
#
# Seen 2026-11-29: cellmaps_imagedownloader 0.3.0, pandas 2.3.3, Python 3.11: made-up genes in the form of the atlas's
# XML, with images of two cell lines per antibody; gene A has an antibody for tissue and then one for cells, gene B two
# for cells, gene C one for cells (expected: 8 images of all genes, and 4 images of all genes for each cell line):
#
#   cell line any: 4 images of ['HPA000103', 'HPA000105']; lost genes: ['A']
#   cell line U2OS: 2 images of ['HPA000103', 'HPA000105']; lost genes: ['A']
#   cell line HeLa: 0 images of []; lost genes: ['A', 'B', 'C']
#   cell line HELA: 2 images of ['HPA000103', 'HPA000105']; lost genes: ['A']
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check cellmaps_imagedownloader==0.3.0 \
    cellmaps_utils==0.10.0 mygene==3.2.2 pandas==2.3.3
cat > "$folder/check.py" <<'PYTHON'
import csv
import sys
from importlib.metadata import version
from pathlib import Path

from cellmaps_imagedownloader.proteinatlas import ProteinAtlasProcessor

ROOT = Path(sys.argv[1])
ANTIBODIES = {"A": ("tissue 101", "cells 102"), "B": ("cells 103", "cells 104"), "C": ("cells 105",)}


def describe(antibody):
    """Write one antibody as in proteinatlas.xml."""
    kind, number = antibody.split()
    if kind == "tissue":
        inside = '<tissueExpression source="HPA" technology="IHC" assayType="tissue"/>'
    else:
        data = "".join(
            f'<data><cellLine organ="any">{line}</cellLine><location>Nucleoplasm</location><assayImage><image>'
            f'<channel color="blue">nucleus</channel><imageUrl>http://v24.proteinatlas.org/images/{number}/'
            f"{plate}_B7_1_blue_red_green.jpg</imageUrl></image></assayImage></data>"
            for plate, line in ((700, "U2OS"), (701, "HeLa"))
        )
        subassay = f'<subAssay type="human">{data}</subAssay>'
        inside = f'<cellExpression source="HPA" technology="ICC/IF">{subassay}</cellExpression>'
    return f'<antibody id="HPA000{number}">{inside}</antibody>'


entries = "".join(
    f'<entry version="24.0" url="http://v24.proteinatlas.org/ENSG0000000000{number}"><name>{gene}</name>'
    + "".join(map(describe, antibodies))
    + "</entry>"
    for number, (gene, antibodies) in enumerate(ANTIBODIES.items())
)
atlas, genes = ROOT / "proteinatlas.xml", ROOT / "genes.txt"
atlas.write_text(f'<?xml version="1.0" encoding="UTF-8"?><proteinAtlas>{entries}</proteinAtlas>')
genes.write_text("\n".join(ANTIBODIES) + "\n")
print("cellmaps_imagedownloader", version("cellmaps_imagedownloader"))
seen = {}
for line in (None, "U2OS", "HeLa", "HELA"):
    processor = ProteinAtlasProcessor(str(ROOT / str(line)), str(atlas), str(genes), line)
    samples, _ = processor.get_sample_list_from_hpa()
    with open(samples) as file:
        rows = list(csv.DictReader(file))
    lost = sorted(set(ANTIBODIES) - {row["gene_names"] for row in rows})
    seen[line] = len(rows), sorted({row["antibody"] for row in rows}), lost
    print(f"cell line {line or 'any'}: {seen[line][0]} images of {seen[line][1]}; lost genes: {seen[line][2]}")
first = ["HPA000103", "HPA000105"]
as_described = {
    None: (4, first, ["A"]),  # expected: (8, all that are for cells, [])
    "U2OS": (2, first, ["A"]),  # expected: (4, all that are for cells, []), here and below
    "HeLa": (0, [], ["A", "B", "C"]),
    "HELA": (2, first, ["A"]),
}
if seen != as_described:
    sys.exit(f"changed: expected {as_described}")
PYTHON
"$folder/venv/bin/python" "$folder/check.py" "$folder" 2> "$folder/log" || { cat "$folder/log" >&2; exit 1; }
if grep -qiE "warn|error|skip" "$folder/log"; then echo "changed: a message" >&2; cat "$folder/log" >&2; exit 1; fi
