"""SubCell by hpacells beside the published chain of programs, with the same weights on the same fields."""
