"""The forecast of a run: time, disk and memory of each stage, from a few fields that are timed."""
