"""Pages of HTML that open from disk, filled in from the templates."""

import shutil
from functools import lru_cache
from pathlib import Path

import jinja2

from data.atomic import atomic_write

_TEMPLATES = Path(__file__).with_name("templates")


def write_page(path: Path, template: str, folder: Path = _TEMPLATES, **content: object) -> None:
    """Fill in a template of a folder and write it to ``path``; text in it is escaped."""
    with atomic_write(path) as temporary:
        temporary.write_text(_environment(folder).get_template(template).render(content), encoding="utf-8")


def copy_style(folder: Path) -> None:
    """Copy the style sheet of all pages, ``style.css``, into a folder."""
    shutil.copyfile(_TEMPLATES / "style.css", folder / "style.css")


@lru_cache
def _environment(folder: Path) -> jinja2.Environment:
    loader = jinja2.FileSystemLoader(folder)
    return jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True)
