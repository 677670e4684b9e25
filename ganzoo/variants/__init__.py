"""One variant a file, found by the registry: a builder and the paper's defaults."""
