"""Flow -> patterns between vectors: likeness, distance, crossed features, joined tables."""
