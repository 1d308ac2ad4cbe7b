"""What is wrong with a submission, what is in it, how two differ, and one made of several."""
