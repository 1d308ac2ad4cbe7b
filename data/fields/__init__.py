"""Fields of view: their files, pixels, hashes and table."""
