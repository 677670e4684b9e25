"""Scores: a model and a data set become numbers, each with its protocol."""
