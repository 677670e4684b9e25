"""Scores of generated samples: NumPy in, numbers out."""

from ganzoo.metrics.mode_coverage import mode_coverage as mode_coverage
