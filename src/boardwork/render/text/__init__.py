"""Sheet -> characters: the whole of it, or short enough for a chat."""
