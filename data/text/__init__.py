"""Text in files and on screen: TOML, JSON with a hash, names that can be shown."""
