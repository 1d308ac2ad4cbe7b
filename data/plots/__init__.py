"""Everything that is drawn with matplotlib, and composites of channels."""
