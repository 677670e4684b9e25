"""Pages of one file: style and script inside, all other text escaped."""

import base64
import hashlib
from collections.abc import Mapping
from importlib import resources

import jinja2

STYLE = (resources.files("ganzoo.plots.templates") / "page.css").read_text()
"""The style that all pages share."""


def render(
    template: str, style: str, script: str, filters: Mapping | None = None, **values
) -> str:
    """Renders a page that sends no request, with a policy that forbids every one.

    Args:
        template: a Jinja template. It gets the `values`, whose text is escaped,
            and `style`, `script` and `policy`, the content security policy.
        style: CSS of our own.
        script: JavaScript of our own.
        filters: further filters of the template, by name.
    """
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(filters or {})
    return environment.from_string(template).render(
        style=style, script=script, policy=_policy(style, script), **values
    )


def _policy(style, script):
    """Content security policy that allows this style, this script and inline images."""
    style, script = (
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for text in (style, script)
    )
    return (
        f"default-src 'none'; img-src data:; style-src {style}; script-src {script}; "
        "base-uri 'none'; form-action 'none'"
    )
