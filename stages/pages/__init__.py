"""HTML pages that several stages write."""
