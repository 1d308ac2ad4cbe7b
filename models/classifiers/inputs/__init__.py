"""What happens to tiles before the backbone sees them."""
