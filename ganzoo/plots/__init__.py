"""Pictures of samples, figures of numbers, and animations of training."""
