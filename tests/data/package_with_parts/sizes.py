"""Part of a package: a width."""

WIDTH = 12
