"""Frozen sets of the benchmark SimHPA-19."""
