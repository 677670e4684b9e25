"""Run directories: their schema, files, checkpoints and loading."""
