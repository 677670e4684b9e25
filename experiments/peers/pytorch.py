"""GANs in PyTorch, as peers of ours: the same networks, losses and steps.

    TORCH_PYTHON experiments/peers/pytorch.py NET BATCH [--bf16] [--tuned]

A step is one of D and one of G, each on fresh noise. `--tuned` is what a careful user
adds: both networks through torch.compile, images NHWC in memory, Adam in one kernel.
D of `wgan_gp` stays as it is, since torch.compile has no second derivatives, and that
of `resnet`, whose spectral norms change between D's two passes. It takes a GPU if there
is one, and waits for it after each step, as the TensorFlow programs do.
"""

import argparse

import torch
from clock import serve, timed
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

SLOPE, DROPOUT, LATENT = 0.3, 0.3, 100


# --- networks ---------------------------------------------------------------------


def dcgan():
    """`tutorial_dcgan` of ganzoo_fit.py."""

    def up(count, filters, stride):
        extra = stride - 1
        return nn.ConvTranspose2d(count, filters, 5, stride, 2, extra, bias=False)

    g = nn.Sequential(
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
    d = nn.Sequential(
        nn.Conv2d(1, 64, 5, 2, 2),
        nn.LeakyReLU(SLOPE),
        nn.Dropout(DROPOUT),
        nn.Conv2d(64, 128, 5, 2, 2),
        nn.LeakyReLU(SLOPE),
        nn.Dropout(DROPOUT),
        nn.Flatten(),
        nn.Linear(128 * 49, 1),
    )
    return g, d, (1, 28, 28)


def mlp():
    """`vanilla` with two layers of 256 in each player, without normalisation."""
    g = nn.Sequential(
        nn.Linear(LATENT, 256),
        nn.ReLU(),
        nn.Linear(256, 256),
        nn.ReLU(),
        nn.Linear(256, 784),
        nn.Tanh(),
    )
    d = nn.Sequential(
        nn.Linear(784, 256),
        nn.LeakyReLU(0.2),
        nn.Linear(256, 256),
        nn.LeakyReLU(0.2),
        nn.Linear(256, 1),
    )
    return g, d, (784,)


class Up(nn.Module):
    def __init__(self, count, filters):
        super().__init__()
        self.branch = nn.Sequential(
            nn.BatchNorm2d(count),
            nn.ReLU(),
            nn.Upsample(scale_factor=2),
            nn.Conv2d(count, filters, 3, padding=1, bias=False),
            nn.BatchNorm2d(filters),
            nn.ReLU(),
            nn.Conv2d(filters, filters, 3, padding=1, bias=False),
        )
        self.short = nn.Sequential(
            nn.Upsample(scale_factor=2), nn.Conv2d(count, filters, 1, bias=False)
        )

    def forward(self, x):
        return self.branch(x) + self.short(x)


class Down(nn.Module):
    def __init__(self, count, filters, halves=True, first=False):
        super().__init__()
        pool = [nn.AvgPool2d(2)] if halves else []
        self.branch = nn.Sequential(
            *([] if first else [nn.ReLU()]),
            spectral_norm(nn.Conv2d(count, filters, 3, padding=1)),
            nn.ReLU(),
            spectral_norm(nn.Conv2d(filters, filters, 3, padding=1)),
            *pool,
        )
        short = [spectral_norm(nn.Conv2d(count, filters, 1)), *pool]
        self.short = nn.Sequential(*(short[::-1] if first else short) if halves else [])

    def forward(self, x):
        return self.branch(x) + self.short(x)


class Total(nn.Module):
    def forward(self, x):
        return x.sum((2, 3))


def resnet():
    """`sngan` at 32x32x3."""
    g = nn.Sequential(
        nn.Linear(128, 128 * 16),
        nn.Unflatten(1, (128, 4, 4)),
        Up(128, 64),
        Up(64, 32),
        Up(32, 16),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.Conv2d(16, 3, 3, padding=1),
        nn.Tanh(),
    )
    d = nn.Sequential(
        Down(3, 16, first=True),
        Down(16, 32),
        Down(32, 32, halves=False),
        Down(32, 32, halves=False),
        nn.ReLU(),
        Total(),
        spectral_norm(nn.Linear(32, 1)),
    )
    return g, d, (3, 32, 32)


class UNet(nn.Module):
    """`pix2pix`'s of 64x64."""

    WIDTHS = (32, 64, 128, 256, 256, 256)

    def __init__(self):
        super().__init__()
        widths, last = self.WIDTHS, len(self.WIDTHS) - 1
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        for level, width in enumerate(widths):
            normed = 0 < level < last
            count = widths[level - 1] if level else 3
            convolution = nn.Conv2d(count, width, 4, 2, 1, bias=not normed)
            norm = [nn.InstanceNorm2d(width, affine=True)] if normed else []
            start = [nn.LeakyReLU(0.2)] if level else []
            self.down.append(nn.Sequential(*start, convolution, *norm))
        for level in range(last, 0, -1):
            count = widths[level] * (1 if level == last else 2)
            width = widths[level - 1]
            self.up.append(
                nn.Sequential(
                    nn.ReLU(),
                    nn.ConvTranspose2d(count, width, 4, 2, 1, bias=False),
                    nn.InstanceNorm2d(width, affine=True),
                    *([nn.Dropout(0.5)] if level >= last - 2 else []),
                )
            )
        self.out = nn.Sequential(
            nn.ReLU(), nn.ConvTranspose2d(2 * widths[0], 3, 4, 2, 1), nn.Tanh()
        )

    def forward(self, x):
        skips = []
        for down in self.down:
            x = down(x)
            skips.append(x)
        skips.pop()
        for up in self.up:
            x = torch.cat([up(x), skips.pop()], 1)
        return self.out(x)


def unet():
    """`pix2pix` at 64x64."""
    layers = []
    for level, (count, width) in enumerate(((6, 32), (32, 64), (64, 128), (128, 256))):
        edge = {"stride": 2, "padding": 1} if level < 3 else {"padding": "same"}
        layers.append(nn.Conv2d(count, width, 4, bias=not level, **edge))
        layers += [nn.InstanceNorm2d(width, affine=True)] if level else []
        layers.append(nn.LeakyReLU(0.2))
    d = nn.Sequential(*layers, nn.Conv2d(256, 1, 4, padding="same"))
    return UNet(), d, (3, 64, 64)


# --- losses -----------------------------------------------------------------------


class Plain:
    """The non-saturating loss; noise for G, samples for D."""

    latent = LATENT
    compiled = True  # D, if the user asks for it

    def given(self, real):
        return torch.randn(len(real), self.latent)

    def shown(self, given, sample):
        return sample

    def d_loss(self, d, real, fake):
        return F.softplus(-d(real)).mean() + F.softplus(d(fake)).mean()

    def g_loss(self, d, real, fake, shown):
        return F.softplus(-d(shown)).mean()


class Hinge(Plain):
    latent = 128
    compiled = False

    def d_loss(self, d, real, fake):
        return F.relu(1 - d(real)).mean() + F.relu(1 + d(fake)).mean()

    def g_loss(self, d, real, fake, shown):
        return -d(shown).mean()


class WGANGP(Hinge):
    latent = LATENT

    def d_loss(self, d, real, fake):
        part = torch.rand(len(real), 1, 1, 1)
        points = (real + part * (fake - real)).requires_grad_()
        (slope,) = torch.autograd.grad(d(points).sum(), points, create_graph=True)
        norm = (slope.square().sum((1, 2, 3)) + 1e-12).sqrt()
        penalty = (norm - 1).square().mean()
        return d(fake).mean() - d(real).mean() + 10 * penalty


class Pairs(Plain):
    """Sources for G, pairs for D, and the L1 distance."""

    def given(self, real):
        return real.flip(3)

    def shown(self, given, sample):
        return torch.cat([given, sample], 1)

    def d_loss(self, d, real, fake):
        return super().d_loss(d, real, fake) / 2

    def g_loss(self, d, real, fake, shown):
        return super().g_loss(d, real, fake, shown) + 100 * F.l1_loss(fake, real)


NETS = {
    "dcgan": (dcgan, Plain()),
    "wgan_gp": (dcgan, WGANGP()),
    "mlp": (mlp, Plain()),
    "resnet": (resnet, Hinge()),
    "unet": (unet, Pairs()),
}


def training(name, tuned=False, betas=(0.5, 0.999)):
    """Returns (step, which takes real samples; G; their shape; numbers of weights)."""
    nets, loss = NETS[name]
    g, d, shape = nets()
    counts = [sum(w.numel() for w in net.parameters()) for net in (g, d)]
    if tuned and len(shape) == 3:
        g, d = (net.to(memory_format=torch.channels_last) for net in (g, d))
    g_adam, d_adam = (
        torch.optim.Adam(net.parameters(), 1e-4, betas, fused=tuned or None)
        for net in (g, d)
    )
    if tuned:
        g = torch.compile(g)
        d = torch.compile(d) if loss.compiled else d

    def step(real):
        given = loss.given(real)
        with torch.no_grad():
            fake = g(given)
        d_adam.zero_grad()
        loss.d_loss(d, loss.shown(given, real), loss.shown(given, fake)).backward()
        d_adam.step()
        g_adam.zero_grad()
        given = loss.given(real)
        fake = g(given)
        loss.g_loss(d, real, fake, loss.shown(given, fake)).backward()
        g_adam.step()

    return step, g, shape, counts


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("net", choices=NETS)
    parser.add_argument("batch", type=int)
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--tuned", action="store_true")
    args = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.set_default_device(device)
    torch.manual_seed(0)
    step, _, shape, counts = training(args.net, args.tuned)
    images = torch.rand(8 * args.batch, *shape) * 2 - 1

    def on_a_batch():
        real = images[torch.randint(len(images), (args.batch,))]
        if args.tuned and len(shape) == 3:
            real = real.contiguous(memory_format=torch.channels_last)
        with torch.autocast(device, torch.bfloat16, enabled=args.bf16):
            step(real)
        if device == "cuda":
            torch.cuda.synchronize()

    serve(f"PyTorch {torch.__version__}", counts, timed(on_a_batch))


if __name__ == "__main__":
    main()
