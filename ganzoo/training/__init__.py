"""Training: an experiment becomes a run directory."""
