"""Images that are nearly the same: their perceptual hashes, and which are alike."""
