"""Blocks of lines in which weights are described."""


def format_block(title: str, **facts: str) -> str:
    """Return a title and a line for each fact, in columns."""
    return "\n".join([title, *(f"  {name:<9} {value}" for name, value in facts.items())])
