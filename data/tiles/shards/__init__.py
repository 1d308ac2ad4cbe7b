"""The files of a tile store: which there are, reading rows of them, and the room that they take."""
