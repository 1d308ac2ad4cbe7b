"""The Kaggle metric."""
