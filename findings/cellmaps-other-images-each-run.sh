#!/usr/bin/env bash
# cellmaps_imagedownloader 0.3.0: which Human Protein Atlas image stands for a gene is drawn anew by every run.
#
# The downloader of the Cell Mapping Toolkit writes, for each of two folds, a table with one image per gene, which the
# embedding and all later steps go by. HPA has two fields or more per antibody and cell line; fold 1 takes the first
# one and fold 2 the second. But their names are collected in a Python set and taken in its order, which is the order
# of the strings' hashes, and Python seeds these at random for each process. Fold 1 of one run is thus half made of
# fold 2 of another: with the same samples, versions and machine, every second gene gets the embedding of another
# field, a comparison of two runs includes the difference between fields, and a model that was trained on fold 1 of an
# earlier run has seen half of fold 2 of this one. Within one run the folds are different images, so that a look at one
# output folder does not show it. Set PYTHONHASHSEED=0 for every run, or keep the first run's tables.
#
# Seen 2026-11-29: cellmaps_imagedownloader 0.3.0, pandas 2.3.3, Python 3.11: 200 genes with two images each
# (expected: the same images in every run):
#
#   PYTHONHASHSEED=1: fold 1 is sample 1 of 87 genes, another image than in the first run for 0 genes
#   PYTHONHASHSEED=1: fold 1 is sample 1 of 87 genes, another image than in the first run for 0 genes
#   PYTHONHASHSEED=2: fold 1 is sample 1 of 106 genes, another image than in the first run for 97 genes
#   not set: fold 1 is another image than in the first run for 109 genes (another number each time)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check cellmaps_imagedownloader==0.3.0 \
    cellmaps_utils==0.10.0 mygene==3.2.2 pandas==2.3.3
cat > "$folder/run.py" <<'PYTHON'
"""Write fold 1 of a table of samples, as the downloader does, to the file that is named."""

import sys

from cellmaps_imagedownloader.gene import ImageGeneNodeAttributeGenerator

GENES = 200


class NoNetwork:
    """Answers as mygene.info would."""

    def get_symbols_for_genes(self, genelist=None, scopes=None):
        return [{"query": gene, "symbol": f"SYMBOL{int(gene[4:])}", "ensembl": {"gene": gene}} for gene in genelist]


samples = [
    {
        "if_plate_id": str(1000 + gene // 90),
        "position": f"{'ABCDEFGH'[gene % 8]}{1 + gene % 90 // 8}",
        "sample": str(field),
        "locations": "Nucleoplasm",
        "antibody": f"HPA{gene:06}",
        "ensembl_ids": f"ENSG{gene:011}",
        "gene_names": f"SYMBOL{gene}",
    }
    for gene in range(GENES)
    for field in (1, 2)
]
generator = ImageGeneNodeAttributeGenerator(samples_list=samples, genequery=NoNetwork())
first, errors = generator.get_gene_node_attributes(fold=1)
second, _ = generator.get_gene_node_attributes(fold=2)
assert len(first) == GENES and not errors
assert all(first[gene]["filename"] != second[gene]["filename"] for gene in first), "the folds differ within a run"
with open(sys.argv[1], "w") as file:
    file.writelines(f"{gene} {first[gene]['filename']}\n" for gene in sorted(first))
PYTHON
cat > "$folder/check.py" <<'PYTHON'
import sys
from importlib.metadata import version
from pathlib import Path

runs = [Path(path).read_text().split("\n")[:-1] for path in sys.argv[1:]]
counts = [sum(line.endswith("_1_") for line in run) for run in runs]
differ = [sum(one != other for one, other in zip(runs[0], run, strict=True)) for run in runs]
print("cellmaps_imagedownloader", version("cellmaps_imagedownloader"))
for seed, count, number in zip((1, 1, 2), counts, differ):
    print(
        f"PYTHONHASHSEED={seed}: fold 1 is sample 1 of {count} genes,"
        f" another image than in the first run for {number} genes"
    )
print(f"not set: fold 1 is another image than in the first run for {differ[3]} genes")
as_described = (
    differ[1] == 0
    and differ[2] > 50  # expected: 0
    and differ[3] > 50  # expected: 0
    and all(50 < count < 150 for count in counts)  # expected: 0 or 200, one sample for all
)
sys.exit(0 if as_described else "changed: no longer as described")
PYTHON
python="$folder/venv/bin/python"
unset PYTHONHASHSEED
PYTHONHASHSEED=1 "$python" "$folder/run.py" "$folder/1.txt" 2> /dev/null
PYTHONHASHSEED=1 "$python" "$folder/run.py" "$folder/2.txt" 2> /dev/null
PYTHONHASHSEED=2 "$python" "$folder/run.py" "$folder/3.txt" 2> /dev/null
"$python" "$folder/run.py" "$folder/4.txt" 2> /dev/null
"$python" "$folder/check.py" "$folder"/[1-4].txt
