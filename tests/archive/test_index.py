"""The page of a series: what was released, what was corrected, and nothing of another edition."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from archive.releases import document, keys, released, series
from onco_registry.bulletin.archive.settled import settle
from onco_registry.bulletin.archive.store import Correction


@pytest.fixture
def root(tmp_path: Path) -> Path:
    signers = keys(tmp_path / "keys")
    for edition in ("internal", "public"):
        released(tmp_path, document("2026-09-30", edition=edition))
        released(tmp_path, document("2026-10-31", edition=edition), signing=signers)
        correction = Correction(2, "A scan was read <twice>.", {"zh": "某次扫描被读取两次。"})
        released(tmp_path, document("2026-10-31", edition=edition, patients=31), correction=correction)
    return tmp_path


def page(root: Path, edition: str, name: str = "index.html") -> str:
    return (series(root, edition).folder / name).read_text("utf-8")


class Links(HTMLParser):
    """Where a page's attributes lead, and the tags that are open at the end."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in ("href", "src", "action")]
        if tag not in ("meta", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_no_page_of_a_language_that_is_not_made_any_more_stays(root: Path) -> None:
    where, names = series(root), []
    for languages in (("en", "zh"), ("zh", "en"), ("en",)):
        settle(where, languages, [])
        names.append(sorted(path.name for path in where.folder.glob("index*")))
    assert names == [["index.html", "index.zh.html"], ["index.en.html", "index.html"], ["index.html"]]


def test_every_release_stands_there_with_its_files_and_checksums(root: Path) -> None:
    text = page(root, "internal")
    links = Links(text)
    assert links.open == []
    assert [re.findall(r'id="release-(\d)"', text), "Two drugs &lt;together&gt;" in text] == [["3", "2", "1"], True]
    local = [link for link in links.found if not link.startswith(("#", "data:"))]
    assert [link for link in local if not (series(root).folder / link).is_file()] == []
    for number in "123":
        for name in ("bulletin.en.html", "bulletin.zh.html", "bulletin.en.pdf", "bulletin.json", "tables/orr.csv"):
            assert f"{number}/{name}" in local
    assert "2/manifest.jws" in local
    assert "jwks.json" in local
    release = series(root).releases()[0]
    assert text.count(release.sha256) == 1
    assert release.manifest["files"]["bulletin.json"]["sha256"] in text


def test_what_was_corrected_says_so_and_stays(root: Path) -> None:
    text = page(root, "internal")
    articles = dict(zip("321", re.findall("<article.*?</article>", text, re.DOTALL), strict=True))
    assert "Corrected by release 3:</a></strong> A scan was read &lt;twice&gt;." in articles["2"]
    assert "Corrects release 2:</a> A scan was read &lt;twice&gt;." in articles["3"]
    assert "Release 3 · current" in articles["3"]
    assert "</a></strong> 某次扫描被读取两次。" in page(root, "internal", "index.zh.html")
    assert "orrect" not in articles["1"]
    assert "3 December 2026, 07:05 (UTC)" in articles["1"]
    assert "Not signed." in articles["1"]


def test_the_public_page_knows_no_other_edition(root: Path) -> None:
    for name in ("index.html", "index.zh.html"):
        assert not re.search("internal|内部", page(root, "public", name), re.IGNORECASE)
    assert "Public edition" in page(root, "public")
    assert "公开版" in page(root, "public", "index.zh.html")


def test_the_page_is_in_each_language_and_asks_nobody(root: Path) -> None:
    text = page(root, "internal", "index.zh.html")
    assert '<html lang="zh">' in text
    assert "<h1>两种药物</h1>" in text
    assert "第 3 次发布 · 当前" in text
    assert '<time datetime="2026-10-31">2026年10月31日</time>' in text
    for other in (text, page(root, "internal")):
        assert not [link for link in Links(other).found if "//" in link]
        assert "default-src 'none'" in other
        assert "<script" not in other
    assert 'href="index.zh.html" hreflang="zh"' in page(root, "internal")
    assert 'href="index.html" hreflang="en"' in text
