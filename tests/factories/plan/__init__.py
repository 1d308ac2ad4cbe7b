"""Submissions for the tests of what reads them."""
