"""The HPA's segmenter: two U-Nets over a dual-path network."""
