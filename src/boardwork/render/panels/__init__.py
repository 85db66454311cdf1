"""Parts of a sheet -> panels: figures of fixed size, text that flows; and the ways to put them on a page."""
