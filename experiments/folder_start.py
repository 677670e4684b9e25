"""Measures how long a folder of many images takes to load, first and second.

    python experiments/folder_start.py /tmp/many --count=100000

It makes the folder if needed: PNGs of noise, in ten classes, 64x64 pixels. The cache
lies next to it, and is removed first. `dcgan` would then begin to train; what follows
the data (building, compiling) does not depend on their number.
"""

import argparse
import shutil
import time
from pathlib import Path

import numpy as np
from PIL import Image

from ganzoo.data import account, load_data


def make(folder: Path, count: int, side: int) -> None:
    rng = np.random.default_rng(0)
    for i in range(count):
        place = folder / f"class_{i % 10}"
        place.mkdir(parents=True, exist_ok=True)
        small = rng.integers(0, 256, (4, 4, 3), "uint8")
        image = Image.fromarray(small).resize((side, side), Image.Resampling.NEAREST)
        image.save(place / f"{i:06}.png", compress_level=1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--side", type=int, default=64)
    args = parser.parse_args()
    if not args.folder.exists():
        make(args.folder, args.count, args.side)
    cache = args.folder.with_name(args.folder.name + "_cache")
    shutil.rmtree(cache, ignore_errors=True)
    for start in ("first", "second"):
        cpu, wall = time.process_time(), time.perf_counter()
        data = load_data(args.folder, cache_dir=cache)
        loaded = time.process_time() - cpu
        data.fingerprint  # noqa: B018  what a resumed run compares
        print(
            f"{start}: {loaded:.1f} CPU seconds to load, "
            f"{time.process_time() - cpu:.1f} with the fingerprint, "
            f"{time.perf_counter() - wall:.1f} s by the clock"
        )
    print(account.line(data))


if __name__ == "__main__":
    main()
