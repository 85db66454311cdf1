"""Flow -> patterns of convolution nets: blocks, chains, squeeze-excitation, patch merging, masked weights."""
