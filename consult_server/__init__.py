"""The product: people, consults, reports; the composition root. Owns the `consult_` tables."""
