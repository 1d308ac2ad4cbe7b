"""The formats that hold outlines, masks or images of the fields."""
