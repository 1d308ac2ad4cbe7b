"""What happens to tiles before a backbone sees them."""
