"""From maps to label images: what several segmenters share."""
