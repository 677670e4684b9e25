"""Trains the usual DCGAN in PyTorch on images, and saves samples after each epoch.

    TORCH_PYTHON experiments/peers/race_pytorch.py IMAGES.npy FOLDER SEED EPOCHS

The networks, batches of 128 and Adam at 1e-4 of TensorFlow's tutorial.
"""

import sys
import time
from pathlib import Path

import numpy as np
import torch
from pytorch import LATENT, training

BATCH, COUNT, CHUNK = 128, 10_000, 250


@torch.no_grad()
def samples(g):
    """COUNT images of the same latents each time, uint8 (n, 28, 28, 1)."""
    latents = torch.randn(COUNT, LATENT, generator=torch.Generator().manual_seed(1))
    g.eval()
    made = torch.cat([g(part) for part in latents.split(CHUNK)])
    g.train()
    return ((made + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy()


def main(images, folder, seed, epochs):
    torch.manual_seed(int(seed))
    real = torch.from_numpy(np.load(images)).permute(0, 3, 1, 2)
    step, g, *_ = training("dcgan", betas=(0.9, 0.999))
    saving = 0.0
    for epoch in range(1, int(epochs) + 1):
        order = torch.randperm(len(real))
        for rows in order[: len(real) // BATCH * BATCH].split(BATCH):
            step(real[rows].float() / 127.5 - 1)
        now = time.process_time()
        file = Path(folder, f"{epoch:06}.npz")
        np.savez(file, real=samples(g), seconds=now - saving)
        saving += time.process_time() - now


if __name__ == "__main__":
    main(*sys.argv[1:])
