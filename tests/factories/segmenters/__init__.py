"""Stand-ins for networks of segmenters."""
