"""Comparisons: entries and seeds become runs, a ranking and a report."""
