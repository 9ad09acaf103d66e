"""News for the people it concerns: the browser's live line. Owns no table yet."""
