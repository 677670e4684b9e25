"""Samples in files: a picture, arrays, a mesh, a table, text, or single images."""

import functools
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ganzoo.data import images, tables
from ganzoo.plots import pictures
from ganzoo.utils import files, untrusted
from ganzoo.utils.extras import extra

LEVEL = 127.5  # in 0..255: the surface between empty and filled
GAP = 1.25  # distance between volumes, in sides


def writer(path: str | Path, codec=None) -> Callable:
    """Returns the function (samples, path) that writes files of this type.

    Args:
        path: the file.
        codec: what one-hot samples mean, see `data.codecs`.

    Raises:
        ValueError: an unknown suffix.
        ImportError: a suffix for meshes, without the extra `mesh`.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in WRITERS:
        raise ValueError(
            "Samples cannot be written to this file. "
            f"Allowed: {', '.join(WRITERS)}. Received: {str(path)!r}."
        )
    if WRITERS[suffix] is write_mesh:
        _mesh_packages()
    if suffix in OF_CODEC:
        return functools.partial(WRITERS[suffix], codec=codec)
    return WRITERS[suffix]


def check_fits(path: str | Path, model) -> None:
    """Refuses a file for samples of another kind than the model's, before any are made.

    Args:
        path: the file, of a type that `writer` knows, or a folder.
        model: the model that will make the samples.

    Raises:
        ValueError: single images, a mesh, text or a table, for samples of another kind.
    """
    shape, writes = model.sample_shape, WRITERS.get(Path(path).suffix.lower())
    if is_folder(path):
        _check_images(shape, model.value_range is not None)
    elif writes is write_mesh:
        _check_volumes(shape)
    elif writes is write_text:
        _check_text(model.codec, shape)
    elif writes is write_table and model.table is None:
        raise ValueError(
            f"{path} is for models of tables. Write other samples to .npz or .png. "
            f"Received: samples {shape}."
        )


def is_folder(path: str | Path) -> bool:
    """True if samples are written to single files there: `folder/`, or no ending."""
    return str(path).endswith("/") or not Path(path).suffix or Path(path).is_dir()


class Folder:
    """Writes images to the PNGs 00000.png, 00001.png, ... of a new folder.

    Args:
        path: the folder; made if needed.
        count: number of images that will come, for the width of the numbers.

    Raises:
        ValueError: the folder is not empty, or `write` gets no images.
    """

    def __init__(self, path: str | Path, count: int):
        self.path = Path(path)
        self.width = max(5, len(str(count - 1)))
        self.written = 0
        if self.path.exists() and (not self.path.is_dir() or any(self.path.iterdir())):
            raise ValueError(
                "Single images are written to a new or empty folder, so that it holds "
                f"nothing else. Received: {str(path)!r}."
            )

    def write(self, samples: np.ndarray) -> None:
        """Writes further images, uint8 (n, H, W, C) of 1, 3 or 4 channels."""
        _check_images(samples.shape[1:], samples.dtype == np.uint8)
        self.path.mkdir(parents=True, exist_ok=True)
        for pixels in samples:
            name = f"{self.written:0{self.width}}.png"
            images.from_array(pixels).save(self.path / name)
            self.written += 1


def write_picture(samples: np.ndarray, path: str | Path, codec=None) -> None:
    """Writes a picture of samples as a PNG, see `plots.pictures`."""
    pictures.save_png(pictures.samples_picture(samples, codec=codec), path)


def write_text(samples: np.ndarray, path: str | Path, codec=None) -> None:
    """Writes what one-hot samples say, a line each; an invalid one is an empty line.

    Raises:
        ValueError: the samples say nothing: there is no codec.
    """
    _check_text(codec, samples.shape[1:])
    lines = "".join(f"{text}\n" for text in codec.strings(samples))
    files.write_atomically(path, lines.encode())


def write_arrays(samples: np.ndarray, path: str | Path) -> None:
    """Writes the array of samples under the key `samples`."""
    # An open file: NumPy adds its ending to a name that lacks it.
    with files.replacing(path) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, samples=samples)


def write_mesh(samples: np.ndarray, path: str | Path) -> None:
    """Writes the surfaces of volumes, next to each other on the ground, z upwards.

    Marching cubes at half of the full value (Lorensen and Cline 1987); each volume is
    one unit wide. A volume without a filled voxel leaves its place empty.

    Args:
        samples: uint8 (n, X, Y, Z, 1) in 0..255.
        path: .obj, .ply, .stl or .glb.

    Raises:
        ValueError: no volumes, or no filled voxel in any.
        ImportError: the extra `mesh` is not installed.
    """
    measure, trimesh = _mesh_packages()
    _check_volumes(samples.shape[1:])
    columns = math.ceil(math.sqrt(len(samples)))
    surfaces = []
    for index, volume in enumerate(samples[..., 0]):
        if volume.max() <= LEVEL:
            continue
        # An empty border closes surfaces that touch a side.
        vertices, faces, *_ = measure.marching_cubes(
            np.pad(volume, 1), LEVEL, gradient_direction="ascent"
        )
        # Minus one voxel for the border, plus half a voxel for the voxel's centre.
        vertices = (vertices - 0.5) / max(volume.shape)
        row, column = divmod(index, columns)
        vertices += GAP * np.array([column, row, 0])
        surfaces.append(trimesh.Trimesh(vertices, faces))
    if not surfaces:
        raise ValueError(
            "There is no surface: no voxel of the samples is filled (from 128 of 255). "
            f"Received: {len(samples)} volumes."
        )
    with files.replacing(path) as temporary:
        trimesh.util.concatenate(surfaces).export(temporary)


def is_table(path: str | Path) -> bool:
    """True if a file is a table, which a frame is written to."""
    return Path(path).suffix.lower() in tables.ENDINGS


def write_table(frame, path: str | Path) -> None:
    """Writes a pandas frame as CSV, TSV or Parquet, without its index.

    Raises:
        ImportError: Parquet, without pyarrow.
    """
    ending = Path(path).suffix.lower()
    with files.replacing(path) as temporary:
        if ending == ".parquet":
            untrusted.parquet_package()
            frame.to_parquet(temporary, index=False)
        else:
            frame.to_csv(temporary, sep=tables.SEPARATORS[ending], index=False)


def _check_images(shape, pixels):
    if len(shape) != 3 or not pixels:
        raise ValueError(
            "Single files are for images (H, W, C); write other samples to .npz or "
            f".png. Received: samples {tuple(shape)}."
        )


def _check_volumes(shape):
    if len(shape) != 4 or shape[-1] != 1:
        raise ValueError(
            "A mesh needs volumes (X, Y, Z, 1); write other samples to .png or .npz. "
            f"Received: samples {tuple(shape)}."
        )


def _check_text(codec, shape):
    if codec is None:
        raise ValueError(
            "Text is for samples that are strings, such as those of molgan; write "
            f"others to .png or .npz. Received: samples {tuple(shape)}."
        )


def _mesh_packages():
    need = "A mesh needs scikit-image and trimesh"
    with extra("mesh", need, "Without them, write .npz or .png."):
        import trimesh
        from skimage import measure
    return measure, trimesh


MESHES = (".obj", ".ply", ".stl", ".glb")
WRITERS = {
    ".png": write_picture,
    ".npz": write_arrays,
    ".txt": write_text,
    **dict.fromkeys(MESHES, write_mesh),
    **dict.fromkeys(tables.ENDINGS, write_table),
}
OF_CODEC = (".png", ".txt")
