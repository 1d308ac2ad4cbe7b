"""Export: write the results in the formats of other programs."""
