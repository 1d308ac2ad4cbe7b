"""How much the cells of an image differ in a class, and whether chance gives as much."""
