"""Random textures, curves and spots from which patterns are painted."""
