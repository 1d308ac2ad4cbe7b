"""The cells of an export, read part by part."""
