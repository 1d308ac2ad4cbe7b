"""What stages write in a work folder: whose it is, and whether it is as they left it."""
