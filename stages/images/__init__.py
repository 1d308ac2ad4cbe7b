"""Images: what hpacells finds in a folder of images, before anything runs."""
