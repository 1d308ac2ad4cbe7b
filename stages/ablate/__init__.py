"""Ablate: what each rule of the combiner is worth."""
