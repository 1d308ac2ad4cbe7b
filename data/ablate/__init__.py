"""What each rule of the combiner is worth, over fixed predictions."""
