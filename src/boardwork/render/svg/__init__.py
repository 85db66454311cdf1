"""Sheet -> SVG: marks pinned in place, drawn by graphviz, finished with fonts and descriptions."""
