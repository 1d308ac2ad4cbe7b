"""Which classes the fields of a set show, what each cell shows of them, and what is written down."""
