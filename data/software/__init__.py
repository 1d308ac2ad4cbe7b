"""The versions of the libraries that results depend on: what is installed, and what differs from a record."""
