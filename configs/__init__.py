"""Training recipes that come with hpacells."""
