"""Reports of `hpacells inspect`, read and opened in a browser."""
