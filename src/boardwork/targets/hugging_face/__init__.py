"""`hf:DIR` -> a model of transformers from its config, and the inputs that its forward takes."""
