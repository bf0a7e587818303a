"""The page in a browser: no text of a figure over another or outside its drawing, no sideways scrolling."""

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from onco_registry.bulletin import render

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
  const boxes = [...svg.querySelectorAll("text")].map(text => [text.textContent, text.getBoundingClientRect()]);
  boxes.forEach(([text, box], index) => {
    if (box.left < frame.left - 1 || box.right > frame.right + 1
        || box.top < frame.top - 1 || box.bottom > frame.bottom + 1)
      faults.push([svg.getAttribute("aria-labelledby"), "outside", text]);
    for (const [other, rect] of boxes.slice(index + 1)) {
      const across = Math.min(box.right, rect.right) - Math.max(box.left, rect.left);
      const down = Math.min(box.bottom, rect.bottom) - Math.max(box.top, rect.top);
      if (across > 1 && down > 3) faults.push([svg.getAttribute("aria-labelledby"), text, other]);
    }
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
    assert measured(render(document), width, tmp_path) == {"faults": [], "drawn": 6, "sideways": 0}
