"""The pages themselves: one HTML file with scripts and a style sheet, the same for every report."""

import shutil
from pathlib import Path

from stages.pages.template import write_page

_SITE = Path(__file__).parent.with_name("site")
_PAGE = "index.html"


def write_site(folder: Path, **content: object) -> None:
    """Write ``index.html`` and the folder ``site``.

    Parameters
    ----------
    folder
        The report.
    content
        Of the page's summary, which is there for those who run no scripts, too.
    """
    shutil.copytree(_SITE, folder / "site", ignore=shutil.ignore_patterns(_PAGE))
    scripts = [path.relative_to(_SITE).as_posix() for path in sorted(_SITE.rglob("*.js"))]
    write_page(folder / _PAGE, _PAGE, folder=_SITE, scripts=scripts, **content)
