"""Training: experiments in run directories."""
