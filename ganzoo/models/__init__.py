"""Models: the one train step, and generators from noise, captions and images."""
