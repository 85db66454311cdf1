"""Flow -> patterns of normalisation, written as modules or as arithmetic."""
