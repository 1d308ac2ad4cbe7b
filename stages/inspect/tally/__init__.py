"""What a report tells of all cells, shown or not, counted some images at a time."""
