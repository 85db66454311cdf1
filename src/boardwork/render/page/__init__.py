"""Sheet -> one page of paper: the forms of its figures, the plan of its panels, what is given up for room."""
