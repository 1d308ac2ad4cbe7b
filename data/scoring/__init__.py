"""What the Kaggle metric is made of."""
