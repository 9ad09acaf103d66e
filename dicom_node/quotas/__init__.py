"""What each institution has stored, counted in the transaction that stores it, and what it may store."""
