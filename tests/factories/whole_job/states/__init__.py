"""Work folders as they are: copied, hashed as a whole, and read without what tells the time."""
