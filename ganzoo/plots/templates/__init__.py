"""The files of `plots.page` and of the explorer."""
