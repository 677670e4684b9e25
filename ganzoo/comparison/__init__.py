"""Comparisons: runs of entries and seeds, with a ranking and a report."""
