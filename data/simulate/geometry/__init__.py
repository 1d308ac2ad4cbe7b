"""Where simulated cells lie, and their shapes."""
