"""Sphinx settings of the documentation: `make docs` writes build/docs/index.html."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "extension"))
sys.path.insert(0, str(Path(__file__).parent.parent))

from automask import __version__

project = "automask"
author = "the automask authors"
release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "generated"]
exclude_patterns = ["extension"]

html_show_copyright = False
html_theme = "furo"
html_title = f"automask {release}"
html_static_path = ["static"]
html_css_files = ["tables.css"]

myst_heading_anchors = 4  # links to headings, as on GitHub
suppress_warnings = ["myst.strikethrough"]

autodoc_typehints = "description"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
