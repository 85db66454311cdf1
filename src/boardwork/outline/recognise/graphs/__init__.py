"""Flow -> patterns of graph nets: convolution over an adjacency, messages along edges, their aggregation."""
