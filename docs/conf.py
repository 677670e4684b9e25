"""The documentation site: `pip install -e ".[docs]" && sphinx-build -W docs site`."""

import os
import re
import sys
from pathlib import Path

DOCS = Path(__file__).parent
ROOT = DOCS.parent
sys.path[:0] = [str(DOCS / "_ext"), str(ROOT / "experiments")]
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

project = "ganzoo"
author = "The ganzoo authors"
copyright = f"{author}, Apache-2.0"
extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "mathml",
    "zoo",
]
html_math_renderer = "mathml"
repository = re.search(r'^URL = "(.+)"', (ROOT / "setup.py").read_text(), re.M)[1]
exclude_patterns = ["_ext"]

nb_execution_mode = "off"
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
default_role = "code"  # docstrings write `name`, as Markdown does
napoleon_use_rtype = False
napoleon_use_ivar = True  # once, among the attributes of a dataclass
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # signatures show them
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 80
copybutton_prompt_text = "$ "

html_theme = "furo"
html_title = "ganzoo"
html_static_path = ["_static"]
html_css_files = ["zoo.css"]
html_theme_options = {
    "source_repository": repository,
    "source_branch": "main",
    "source_directory": "docs/",
}
