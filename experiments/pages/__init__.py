"""The tables that are generated from zoo_configs/results, one module per page."""
