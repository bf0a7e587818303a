"""The PDF of a page: tagged (PDF/UA-1), with bookmarks, page numbers and its fonts; equal pages give equal bytes."""

import contextlib
import io
import logging
import re
import shutil
import subprocess
from typing import Any

SVG = "{http://www.w3.org/2000/svg}"
HAN = re.compile("[\u3400-\u9fff]")
# Each figure's drawing for phones, never seen on paper: a quarter of the work.
FOR_PHONES = re.compile(r'(?s)<div class="narrow">.*?</div>')
LIBRARIES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fontconfig"
# Language as fontconfig names it -> how a font for it is called, and Debian's package with one.
FONTS = {"en": ("font", "fonts-liberation"), "zh-cn": ("Chinese font", "fonts-noto-cjk")}


class NoPdfError(Exception):
    """This machine can make no PDF of a page; the text is one line that says why, and what to install."""


def render(html: str) -> bytes:
    """The PDF of a page of `page.render`, its author and date from the meta elements there.

    Nothing is fetched: a page holds all that it shows. Raises NoPdfError.
    """
    weasyprint = _weasyprint()
    _require_fonts(html)
    fetcher = weasyprint.URLFetcher(allowed_protocols=("data",))
    page = weasyprint.HTML(string=FOR_PHONES.sub("", html), url_fetcher=fetcher)
    _describe(page.etree_element)
    written: bytes = page.write_pdf(pdf_variant="pdf/ua-1", pdf_identifier=True)
    return written


def _weasyprint() -> Any:
    """WeasyPrint, loaded when first needed, for that takes a second. Raises NoPdfError where a library is missing."""
    try:
        # It prints what it misses; the reason below is enough.
        with contextlib.redirect_stdout(io.StringIO()):
            import weasyprint
            from weasyprint.text.ffi import harfbuzz_subset
    except OSError as problem:
        raise NoPdfError(f"no PDF: Pango is not installed (Debian: apt-get install {LIBRARIES})") from problem
    # WeasyPrint can do without, but takes half a minute for a Chinese font and writes the time into it.
    if harfbuzz_subset is None:
        raise NoPdfError(f"no PDF: HarfBuzz cannot make subsets of fonts (Debian: apt-get install {LIBRARIES})")
    # They tell of all style that is for screens only, and of each table of a font.
    for name in ("weasyprint", "fontTools"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return weasyprint


def _require_fonts(html: str) -> None:
    """Raises NoPdfError where no font has the letters of a page: without one, they would be empty boxes."""
    if shutil.which("fc-list") is None:
        raise NoPdfError(f"no PDF: fontconfig is not installed (Debian: apt-get install {LIBRARIES})")
    for language in ("en", "zh-cn") if HAN.search(html) else ("en",):
        if not _families(language):
            kind, package = FONTS[language]
            raise NoPdfError(f"no PDF: no {kind} is installed (Debian: apt-get install {package})")


def _families(language: str) -> str:
    """The families of the installed fonts that have all letters of a language, one a line."""
    command = ["fc-list", f":lang={language}", "family"]
    return subprocess.run(command, capture_output=True, check=False, text=True).stdout.strip()


def _describe(root: Any) -> None:
    """Adds its description to the title of each drawing, for the title is all that a PDF tells of a figure."""
    for drawing in root.iter(f"{SVG}svg"):
        title, description = drawing.find(f"{SVG}title"), drawing.find(f"{SVG}desc")
        if title is not None and description is not None:
            title.text = f"{title.text}. {description.text}"
