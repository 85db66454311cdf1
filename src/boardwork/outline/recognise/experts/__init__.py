"""Flow -> patterns of mixtures: experts, their router, soft slots, tokens that choose."""
