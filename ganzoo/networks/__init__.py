"""Networks: plain functions from shapes to functional Keras models.

Each family is a module with `generator` and `discriminator`. A network names its
inputs: `latent` (and `label`) to the generator, `sample` (and `label`) to the
discriminator.
"""
