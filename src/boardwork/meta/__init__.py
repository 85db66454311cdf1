"""Running on the meta device: values that are known are followed, stand-ins take the place of those that are not."""
