"""One reader per file format: what a file says about its pictures, and decoding one plane of it."""
