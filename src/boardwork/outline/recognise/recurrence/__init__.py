"""Flow -> patterns that carry a state: gated cells, scans, the delta rule, token shifts, long convolutions."""
