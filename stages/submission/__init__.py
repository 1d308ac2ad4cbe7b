"""Submission: check a submission, decode it, compare two, merge several."""
