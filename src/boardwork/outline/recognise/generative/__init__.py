"""Flow -> patterns of models of a distribution: sampling, flows, codebooks, mixtures of densities, sums over paths."""
