"""The PDF: tagged, with bookmarks, page numbers and its fonts, in English and Chinese; equal pages, equal bytes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from pypdf import PdfReader

from onco_registry.bulletin import pdf
from onco_registry.bulletin.page import render
from support.repository import ROOT

CHINESE, NOTE = "罕见病的两种药物", "本登记库的注意事项。"
LATIN = '<html lang="en"><title>Title</title><h1>Title</h1></html>'
# Prints what becomes of the page on standard input.
COMMAND = "import sys\nfrom onco_registry.bulletin import pdf\ntry:\n    print(len(pdf.render(sys.stdin.read())))\n"
COMMAND += "except pdf.NoPdfError as reason:\n    print(reason)\n"


@cache
def made(html: str) -> bytes:
    """The PDF of a page, made once for all tests; skips them where this machine can make none."""
    try:
        return pdf.render(html)
    except pdf.NoPdfError as reason:
        pytest.skip(str(reason))


@pytest.fixture(name="reader")
def _reader(document: dict[str, Any]) -> PdfReader:
    return PdfReader(BytesIO(made(render(document))))


@pytest.fixture(name="chinese")
def _chinese(document: dict[str, Any]) -> PdfReader:
    document["translations"]["zh"] = {"Two drugs in a rare disease": CHINESE, "A caveat of this registry.": NOTE}
    return PdfReader(BytesIO(made(render(document, "zh"))))


def tags(node: Any) -> Iterator[Any]:
    """Every element of a structure tree, in the order of the document."""
    node = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(node, dict) and "/S" in node:
        yield node
    for child in node if isinstance(node, list) else [node["/K"]] if isinstance(node, dict) and "/K" in node else []:
        yield from tags(child)


def fonts(reader: PdfReader) -> dict[str, bool]:
    """Font -> whether its letters are in the file."""
    found = {}
    for page in reader.pages:
        resources: Any = page["/Resources"]
        for font in resources["/Font"].values():
            inner = font.get_object()["/DescendantFonts"][0].get_object()
            embedded = {"/FontFile2", "/FontFile3"} & set(inner["/FontDescriptor"].get_object())
            found[str(font.get_object()["/BaseFont"]).split("+")[1]] = bool(embedded)
    return found


def test_it_says_what_it_is(reader: PdfReader) -> None:
    root: Any = reader.root_object
    about = reader.metadata
    assert root["/Lang"] == "en"
    assert bool(root["/MarkInfo"]["/Marked"])
    assert bool(root["/ViewerPreferences"]["/DisplayDocTitle"])
    assert b'pdfuaid:part="1"' in root["/Metadata"].get_data()
    assert about is not None
    assert about.title == "Two drugs in a rare disease – Outcome bulletin, 31 May 2022"
    assert (about.author, about.creator) == ("Two drugs in a rare disease", "onco-registry")
    assert about.creation_date_raw == "D:20220701083000+00'00"


def test_headings_tables_and_figures_are_tagged(document: dict[str, Any], reader: PdfReader) -> None:
    found = list(tags(reader.root_object["/StructTreeRoot"]))
    kinds = Counter(str(tag["/S"])[1:] for tag in found)
    shown = re.sub(r"(?s)<details>.*?</details>", "", render(document))
    assert kinds["H1"] == 1
    assert kinds["H2"] == shown.count("<h2") > 7
    # A table that goes on on another page is tagged there again, its caption is not.
    assert kinds["Caption"] == shown.count("<table") + shown.count("<figcaption")
    assert kinds["Table"] >= shown.count("<table")
    assert kinds["TR"] > 30
    assert kinds["TH"] > 30
    drawings = [str(tag["/Alt"]) for tag in found if tag["/S"] == "/Figure"]
    assert len(drawings) == kinds["Figure"] == shown.count('class="wide"')
    assert any(text.startswith("Objective response rate by stratum. Forest plot of ") for text in drawings)


def test_the_sections_are_bookmarks_and_their_tables_and_figures_beneath(
    document: dict[str, Any], reader: PdfReader
) -> None:
    outline: list[Any] = reader.outline
    sections = {item.title: item for item in outline if not isinstance(item, list)}
    headings = re.findall(r"(?s)<h2.*?>(.*?)</h2>", render(document))
    assert list(sections) == [" ".join(re.sub(r"<.*?>", "", heading).split()) for heading in headings]
    assert {"At a glance", "1 Patients"} <= set(sections)
    pages = [reader.get_destination_page_number(item) or 0 for item in sections.values()]
    assert pages == sorted(pages)
    response = next(item for title, item in sections.items() if title.endswith(" Response"))
    beneath = [item.title for item in outline[outline.index(response) + 1]]
    assert beneath[:2] == ["Best overall response, one cell per patient", "Best overall response"]


def test_each_page_has_its_number_its_caveat_and_something_to_read(reader: PdfReader) -> None:
    total = len(reader.pages)
    assert total > 3
    for number, page in enumerate(reader.pages, start=1):
        text = " ".join(page.extract_text().split())
        assert f"{number} / {total}" in text
        assert "Not for individual treatment decisions." in text
        assert "FICTIONAL PATIENTS" in text
        assert len(text) > 300
        assert [round(float(side) / 72 * 25.4) for side in page.mediabox] == [0, 0, 210, 297]


def test_the_contents_tell_on_which_page_a_section_begins(reader: PdfReader) -> None:
    text = reader.pages[0].extract_text()
    sections = {item.title: item for item in reader.outline if not isinstance(item, list)}
    listed = dict(re.findall(r"^(\d+ .+?)[ .]*\.[ .]+(\d+)$", text, re.MULTILINE))
    begins = {name: (reader.get_destination_page_number(item) or 0) + 1 for name, item in sections.items()}
    del begins["At a glance"]
    assert {name: int(page) for name, page in listed.items()} == begins


def test_a_long_table_goes_on_under_its_heads(document: dict[str, Any]) -> None:
    check = document["consistency_checks"][0]
    document["consistency_checks"] = [
        check | {"check_name": f"check_{number}", "label": f"Check number {number}"} for number in range(1, 81)
    ]
    pages = PdfReader(BytesIO(made(render(document)))).pages
    texts = [page.extract_text() for page in pages]
    holding = [text for text in texts if re.search(r"Check number \d+", text)]
    assert len(holding) >= 3
    assert all(text.count("Status Check Detail") == 1 for text in holding)
    assert re.findall(r"Check number (\d+)", "".join(texts)) == [str(number) for number in range(1, 81)]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_text_stands_beyond_the_margins(document: dict[str, Any], language: str, tmp_path: Path) -> None:
    if (program := shutil.which("pdftotext")) is None:
        pytest.skip("pdftotext is not installed (poppler-utils): the places of words are not measured")
    # Whether the words of a drawing stay within it is for the tests of figures.
    html = re.sub(r"(?s)<svg.*?</svg>", "", render(document, language))
    (tmp_path / "bulletin.pdf").write_bytes(made(html))
    command = [program, "-bbox", str(tmp_path / "bulletin.pdf"), "-"]
    words = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    boxes = re.findall(r'<word xMin="(.*?)" yMin=".*?" xMax="(.*?)" yMax="(.*?)">', words)
    assert len(boxes) > 400
    # A4 is 595 by 842 points; 15 mm at the sides are 42.5.
    assert min(float(left) for left, _, _ in boxes) > 42
    assert max(float(right) for _, right, _ in boxes) < 595 - 42
    assert max(float(bottom) for _, _, bottom in boxes) < 842 - 20


def test_every_font_is_in_the_file(reader: PdfReader, chinese: PdfReader) -> None:
    assert fonts(reader)
    assert set(fonts(reader).values()) == set(fonts(chinese).values()) == {True}
    assert len(fonts(chinese)) > len(fonts(reader))


def test_chinese_can_be_read_and_found(chinese: PdfReader) -> None:
    assert chinese.pages[0].extract_text().count(CHINESE) == 1
    assert NOTE in "".join(page.extract_text() for page in chinese.pages)
    assert "不得用于个体治疗决策。 1 / " in chinese.pages[0].extract_text()
    assert chinese.metadata is not None
    assert chinese.metadata.title == f"{CHINESE} – 疗效与安全性公报，2022年5月31日"
    assert str(chinese.root_object["/Lang"]) == "zh-Hans"


def test_equal_pages_give_equal_bytes(document: dict[str, Any]) -> None:
    html = render(document)
    assert pdf.render(html) == made(html)
    document["bulletin"]["computed"] = "2022-07-02T08:30:00+00:00"
    assert made(render(document)) != made(html)


def test_nothing_is_fetched() -> None:
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        outside = f'<link rel="stylesheet" href="{address}/style.css"><img src="{address}/image.png" alt="x">'
        made(f'<html lang="en"><title>T</title><style>@import "{address}/more.css";</style><h1>T</h1>{outside}</html>')
        server.shutdown()
    assert asked == []


@pytest.fixture(name="only")
def _only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Makes fontconfig know those fonts alone that match a pattern."""

    def only(pattern: str) -> None:
        command = ["fc-list", pattern, "file"]
        files = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        (tmp_path / "fonts").mkdir()
        for file in files:
            path = Path(file.rstrip(":"))
            (tmp_path / "fonts" / path.name).symlink_to(path)
        config = f"<fontconfig><dir>{tmp_path}/fonts</dir><cachedir>{tmp_path}/cache</cachedir></fontconfig>"
        (tmp_path / "fonts.conf").write_text(config, encoding="utf-8")
        monkeypatch.setenv("FONTCONFIG_FILE", str(tmp_path / "fonts.conf"))

    made(LATIN)
    return only


def test_without_a_chinese_font_there_is_no_pdf_of_what_is_chinese(only: Callable[[str], None]) -> None:
    only("Liberation Sans")
    with pytest.raises(pdf.NoPdfError) as missing:
        pdf.render(LATIN.replace("Title", CHINESE))
    assert str(missing.value) == "no PDF: no Chinese font is installed (Debian: apt-get install fonts-noto-cjk)"
    assert pdf.render(LATIN).startswith(b"%PDF-1.7")


def test_without_any_font_there_is_no_pdf(only: Callable[[str], None]) -> None:
    only("no such font")
    with pytest.raises(pdf.NoPdfError) as missing:
        pdf.render(LATIN)
    assert str(missing.value) == "no PDF: no font is installed (Debian: apt-get install fonts-liberation)"


def test_without_pango_there_is_no_pdf(tmp_path: Path) -> None:
    made(LATIN)
    # The loader takes this file, which is no library, for Pango.
    (tmp_path / "libpango-1.0.so.0").touch()
    env = {**os.environ, "LD_LIBRARY_PATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", COMMAND], input=LATIN, env=env, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == (
        "no PDF: Pango is not installed "
        "(Debian: apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fontconfig)\n",
        "",
    )


def test_without_subsets_of_fonts_there_is_no_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    made(LATIN)
    monkeypatch.setattr("weasyprint.text.ffi.harfbuzz_subset", None)
    with pytest.raises(pdf.NoPdfError, match=r"^no PDF: HarfBuzz cannot make subsets of fonts \(Debian: .*subset0"):
        pdf.render(LATIN)


def test_without_fontconfig_there_is_no_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    made(LATIN)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(pdf.NoPdfError, match=r"^no PDF: fontconfig is not installed \(Debian: .* fontconfig\)$"):
        pdf.render(LATIN)


@pytest.mark.parametrize("file", ["docker/Dockerfile", "docker/README.md", ".ci/run", "docs/bulletin.md"])
def test_what_a_pdf_needs_is_installed(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    packages = [*pdf.LIBRARIES.split(), *(package for _, package in pdf.FONTS.values())]
    assert [package for package in packages if package not in text] == []
