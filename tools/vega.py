"""Write .dvc/plots.html, the template of ``dvc plots show``, with Vega's scripts in it.

DVC's own template loads the scripts from a server. With this one, which ``.dvc/config`` names, the
charts open without a network. Run ``python -m tools.vega`` after a change here, such as a version.
"""

import tempfile
from pathlib import Path
from string import Template

from digits.atomic_write import atomic_write
from digits.cli import run
from digits.dataset.mirrors import fetch, open_mirror

PAGE = Path(".dvc/plots.html")
# npm package, file in it, size in bytes, SHA-256: the licence, and the scripts in order of
# dependency. These are the last versions for Vega-Lite 5, which DVC and .dvc/plots/ use.
FILES = [
    ("vega-embed@6.29.0", "LICENSE", 1528,
     "32df67148f0fc3db0eb9e263a7b75d07f1eb14c61955005a4a39c6918d10d137"),
    ("vega@5.33.1", "vega.min.js", 559630,
     "4a6f4759d64d124c164b41fb80058f2cf2ba9a1128586ec6bb664d3fb5c46d0a"),
    ("vega-lite@5.23.0", "vega-lite.min.js", 252198,
     "58c27358e26f2d319cf62f45bc17a4c8362f08645001df2ec8d341eee4097c7f"),
    ("vega-embed@6.29.0", "vega-embed.min.js", 60630,
     "12d02acfbe3ec59ef9a37dd4822a2e04e2961b5bbb671bbe661d2221715b99da"),
]  # fmt: skip
# DVC replaces {plot_divs} by the charts, and {refresh_tag} by a tag that reloads the page.
TEMPLATE = Template("""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
{refresh_tag}
<title>Plots</title>
<link rel="icon" href="data:,">
<style>
body { margin: 0 auto; padding: 16px; max-width: 1000px; font: 16px/1.6 system-ui, sans-serif; }
.vega-embed { width: 100%; max-width: 640px; margin-bottom: 24px; }
.vega-embed svg.marks { width: 100%; height: auto; }
/* Of each picture: its name, and side by side what each revision has, which is named if many. */
[id^="plots_"] {
    display: flex; flex-wrap: wrap; gap: 0 16px; margin-bottom: 40px;
    border: 0 !important; text-align: left !important; white-space: normal !important;
}
[id^="plots_"] > p { flex: 100%; margin: 0; color: #71717a; font-size: 14px; }
[id^="plots_"] > div { flex: 1 1 300px; margin: 0 !important; border: 0 !important; }
[id^="plots_"] > div:only-of-type > p { display: none; }
img { max-width: 100%; }
</style>
$scripts</head>
<body>
{plot_divs}
</body>
</html>
""")


def main():
    """Download the files and write the template."""
    with tempfile.TemporaryDirectory() as scratch, atomic_write() as new:
        texts = []
        for package, name, size, sha256 in FILES:
            mirror = open_mirror(f"npm:{package}", scratch=scratch, timeout=20)
            path = Path(scratch, name)
            fetch(name, path, sha256=sha256, size=size, mirrors=[mirror])
            texts.append(path.read_bytes().decode())
        new(PAGE).write_bytes(template(texts).encode())


def template(texts):
    """Fill in the texts of FILES, in their order."""
    elements = []
    for (package, name, *_), text in zip(FILES, texts, strict=True):
        start, end = ("<script>", "</script>") if name.endswith(".js") else ("<!--", "-->")
        elements.append(f"<!-- {package}: {name} -->\n{start}\n{text}{end}\n")
    return TEMPLATE.substitute(scripts="".join(elements))


if __name__ == "__main__":
    run(main, name="vega")
