"""The page in a browser: no text of a figure over another, too small or outside its drawing, no sideways scrolling."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from html import unescape
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from onco_registry.bulletin.catalogue import Catalogue
from onco_registry.bulletin.figures.drawings import drawings
from onco_registry.bulletin.meta import LANGUAGES
from onco_registry.bulletin.page import render
from support import bulletins

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--virtual-time-budget=5000",
    "--dump-dom",
]
MEASURE = """
<script>
const faults = [];
for (const svg of document.querySelectorAll("svg")) {
  const frame = svg.getBoundingClientRect();
  if (!frame.width) continue;
  const outside = box => box.left < frame.left - 1 || box.right > frame.right + 1
    || box.top < frame.top - 1 || box.bottom > frame.bottom + 1;
  for (const mark of svg.querySelectorAll(":not(defs *):is(rect, line, path, circle)"))
    if (outside(mark.getBoundingClientRect()))
      faults.push([svg.getAttribute("aria-labelledby"), "outside", mark.outerHTML]);
  const boxes = [...svg.querySelectorAll("text")].map(text => [text.textContent, text.getBoundingClientRect()]);
  for (const text of svg.querySelectorAll("text"))
    if (parseFloat(getComputedStyle(text).fontSize) < 11)
      faults.push([svg.getAttribute("aria-labelledby"), "small", text.textContent]);
  const bars = [...svg.querySelectorAll("rect:is(.track, .known, [class^=response], [class^=component])")];
  const overlap = (one, other, across, down) =>
    Math.min(one.right, other.right) - Math.max(one.left, other.left) > across
    && Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > down;
  boxes.forEach(([text, box], index) => {
    if (outside(box)) faults.push([svg.getAttribute("aria-labelledby"), "outside", text]);
    for (const [other, rect] of boxes.slice(index + 1))
      if (overlap(box, rect, 1, 3)) faults.push([svg.getAttribute("aria-labelledby"), text, other]);
    for (const bar of bars)
      if (overlap(box, bar.getBoundingClientRect(), 1, 4))
        faults.push([svg.getAttribute("aria-labelledby"), text, bar.outerHTML]);
  });
}
const drawn = [...document.querySelectorAll("svg")].filter(svg => svg.getBoundingClientRect().width).length;
const sideways = document.documentElement.scrollWidth - document.documentElement.clientWidth;
parent.postMessage({faults, drawn, sideways}, "*");
</script>
"""
FRAME = """<iframe src="page.html" style="border:0;width:{width}px;height:6000px"></iframe>
<script>
addEventListener("message", event => document.body.setAttribute("data-found", JSON.stringify(event.data)));
</script>
"""


def measured(html: str, width: int, folder: Path) -> dict[str, Any]:
    """What a browser finds on the page in a window of this width: a frame, as windows have a least width."""
    policy = "default-src 'none';"
    assert policy in html
    page = html.replace(policy, f"{policy} script-src 'unsafe-inline';").replace("</body>", f"{MEASURE}</body>")
    folder.joinpath("page.html").write_text(page, "utf-8")
    folder.joinpath("frame.html").write_text(FRAME.format(width=width), "utf-8")
    profile = f"--user-data-dir={folder / 'profile'}"
    command = [str(CHROMIUM), *FLAGS, profile, "--window-size=1400,2000", folder.joinpath("frame.html").as_uri()]
    dom = subprocess.run(command, capture_output=True, check=True, text=True, timeout=60).stdout
    found = re.search(r'data-found="([^"]*)"', dom)
    assert found, dom[:500]
    result: dict[str, Any] = json.loads(unescape(found[1]))
    return result


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed: the page is not measured in a browser")
@pytest.mark.parametrize("width", [1200, 390])
def test_figures_have_no_overlapping_or_clipped_text(document: dict[str, Any], width: int, tmp_path: Path) -> None:
    assert measured(render(document), width, tmp_path) == {"faults": [], "drawn": 11, "sideways": 0}


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed: the figures are not measured in a browser")
@pytest.mark.parametrize("make", [bulletins.one, bulletins.many, bulletins.few])
def test_figures_hold_what_is_hard_to_draw(make: Callable[[], dict[str, Any]], tmp_path: Path) -> None:
    figures = [drawing for name in LANGUAGES for drawing in drawings(make(), Catalogue(name)).values()]
    style = resources.files("onco_registry.bulletin").joinpath("templates", "page.css").read_text("utf-8")
    body = "".join(f"<div>{svg.markup()}</div>" for drawing in figures for svg in drawing)
    html = f"<html><!-- default-src 'none'; --><meta charset=utf-8><style>{style}</style><body>{body}</body></html>"
    drawn = sum(map(len, figures))
    assert measured(html, 1200, tmp_path) == {"faults": [], "drawn": drawn, "sideways": 0}
