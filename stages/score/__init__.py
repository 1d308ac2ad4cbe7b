"""Score: compare a submission with the truth."""
