"""Experiments as data, one a file; installed with the package."""
