"""Operations -> the tree of blocks: grown from the call stack, tidied, folded and named, a file for each step."""
