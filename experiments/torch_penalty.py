"""Times WGAN-GP's step in eager PyTorch on the CPU, as a peer of ours.

    TORCH_PYTHON experiments/torch_penalty.py --batch=64

The layers of `ganzoo.cli.benchmark.tutorial_dcgan`: batch normalisation in G alone. A
step is one of D, with the double backward pass of the gradient penalty, and one of G,
each on fresh noise. Prints the median ms/step.
"""

import argparse
import statistics
import time

import torch
from torch import nn

SLOPE, DROPOUT, LATENT = 0.3, 0.3, 100


def generator():
    def up(count, filters, stride):
        extra = stride - 1
        return nn.ConvTranspose2d(count, filters, 5, stride, 2, extra, bias=False)

    return nn.Sequential(
        nn.Linear(LATENT, 256 * 49, bias=False),
        nn.BatchNorm1d(256 * 49),
        nn.LeakyReLU(SLOPE),
        nn.Unflatten(1, (256, 7, 7)),
        up(256, 128, 1),
        nn.BatchNorm2d(128),
        nn.LeakyReLU(SLOPE),
        up(128, 64, 2),
        nn.BatchNorm2d(64),
        nn.LeakyReLU(SLOPE),
        up(64, 1, 2),
        nn.Tanh(),
    )


def discriminator():
    return nn.Sequential(
        nn.Conv2d(1, 64, 5, 2, 2),
        nn.LeakyReLU(SLOPE),
        nn.Dropout(DROPOUT),
        nn.Conv2d(64, 128, 5, 2, 2),
        nn.LeakyReLU(SLOPE),
        nn.Dropout(DROPOUT),
        nn.Flatten(),
        nn.Linear(128 * 49, 1),
    )


def penalty(d, real, fake):
    part = torch.rand(len(real), 1, 1, 1)
    points = (real + part * (fake - real)).requires_grad_()
    (slope,) = torch.autograd.grad(d(points).sum(), points, create_graph=True)
    norm = (slope.square().sum((1, 2, 3)) + 1e-12).sqrt()
    return (norm - 1).square().mean()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=15)
    args = parser.parse_args()
    torch.manual_seed(0)
    g, d = generator(), discriminator()
    g_adam, d_adam = (
        torch.optim.Adam(net.parameters(), 1e-4, (0.5, 0.999)) for net in (g, d)
    )
    images = torch.rand(8 * args.batch, 1, 28, 28) * 2 - 1

    def step(real):
        with torch.no_grad():
            fake = g(torch.randn(args.batch, LATENT))
        d_adam.zero_grad()
        loss = d(fake).mean() - d(real).mean() + 10 * penalty(d, real, fake)
        loss.backward()
        d_adam.step()
        g_adam.zero_grad()
        (-d(g(torch.randn(args.batch, LATENT))).mean()).backward()
        g_adam.step()

    times = []
    for i in range(args.steps + 3):
        begin = time.perf_counter()
        step(images[i % 8 * args.batch :][: args.batch])
        times.append(time.perf_counter() - begin)
    print(f"{1e3 * statistics.median(times[3:]):.1f} ms/step")


if __name__ == "__main__":
    main()
