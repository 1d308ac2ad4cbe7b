"""SubCell's published classifiers: fetched, converted and loaded."""

from models.classifiers.subcell.model import SubCell, SubCellOutput, load_subcell

__all__ = ["SubCell", "SubCellOutput", "load_subcell"]
