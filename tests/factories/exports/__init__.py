"""What is exported in tests."""
