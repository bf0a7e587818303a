"""The page by the rules of axe-core, in a browser: no violation, in either language, internal and public."""

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from bulletin.test_rendered import FLAGS
from onco_registry.bulletin.page import render
from support.repository import ROOT

CHROMIUM = shutil.which("chromium")
# The demo's bulletins have all that a page can hold.
DOCUMENTS = ROOT / "tests" / "replica" / "golden"
AXE = ROOT / ".axe_cache" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """
<script>
for (const details of document.querySelectorAll("details")) details.open = true;
axe.run(document, {runOnly: %s}).then(found => document.body.setAttribute("data-found", JSON.stringify({
  violations: found.violations.flatMap(rule => rule.nodes.map(node => [rule.id, node.target.join(" ")])),
  passes: found.passes.map(rule => rule.id),
})));
</script>
"""

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed: no accessibility is checked in a browser"),
    pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: make axe"),
]


def checked(html: str, width: int, folder: Path) -> dict[str, Any]:
    """What axe-core finds on the page in a window of this width: [rule, element] violated, and rules passed."""
    policy = "default-src 'none';"
    assert policy in html
    rules = AXE.read_text("utf-8")
    assert "</script" not in rules
    inside = f"<script>{rules}</script>{RUN % json.dumps(RULES)}</body>"
    page = html.replace(policy, f"{policy} script-src 'unsafe-inline';").replace("</body>", inside)
    folder.joinpath("page.html").write_text(page, "utf-8")
    profile = f"--user-data-dir={folder / 'profile'}"
    command = [str(CHROMIUM), *FLAGS, profile, f"--window-size={width},2000", folder.joinpath("page.html").as_uri()]
    dom = subprocess.run(command, capture_output=True, check=True, text=True, timeout=120).stdout
    found = re.search(r'data-found="([^"]*)"', dom)
    assert found, dom[:500]
    result: dict[str, Any] = json.loads(unescape(found[1]))
    return result


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("edition", "width"), [("internal", 1200), ("public", 500)])
def test_the_page_violates_no_rule(edition: str, width: int, language: str, tmp_path: Path) -> None:
    document = json.loads((DOCUMENTS / f"bulletin-{edition}.json").read_text("utf-8"))
    found = checked(render(document, language), width, tmp_path)
    assert found["violations"] == []
    assert {"color-contrast", "region", "heading-order", "html-has-lang", "svg-img-alt"} <= set(found["passes"])
