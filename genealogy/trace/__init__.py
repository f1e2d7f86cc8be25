"""Follow material forward and backward."""
