"""Variants, one per file: a builder with the paper's defaults, for the registry."""
