#!/usr/bin/env bash
# Segments, cuts and classifies a set of fields on a SLURM cluster, shard by shard, then joins and reports it.
#
#   workflows/slurm/submit.sh IMAGES WORK SHARDS [MODEL] [SBATCH OPTIONS ...]
#   workflows/slurm/submit.sh /data/fields /scratch/run 32 simhpa19 --partition=cpu --time=08:00:00
#
# Run again after a failure: what is finished is not repeated.
set -euo pipefail
if [ $# -lt 3 ]; then
  echo "usage: $0 IMAGES WORK SHARDS [MODEL] [SBATCH OPTIONS ...]" >&2
  exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
images=$(realpath "$1") work=$(realpath -m "$2") shards=$3
shift 3
model=simhpa19
if [ $# -gt 0 ] && [ "${1#-}" = "$1" ]; then
  model=$1
  shift
fi
mkdir -p "$work"

array=$(sbatch --parsable --array="0-$((shards - 1))" --output="$work/slurm-%A_%a.log" "$@" \
  "$here/shard.sbatch" "$images" "$work" "$shards" "$model")
merge=$(sbatch --parsable --dependency="afterok:${array%%;*}" --output="$work/slurm-%j.log" "$@" \
  "$here/merge.sbatch" "$work")
echo "shards: job ${array%%;*}, merge: job ${merge%%;*}"
