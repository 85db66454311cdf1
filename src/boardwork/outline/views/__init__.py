"""Tree of blocks -> the two drawings: which boxes to show, and the tensors that flow between them."""
