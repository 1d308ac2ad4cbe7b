"""What made the results of a work folder: records of stages, as text and as RO-Crate metadata."""
