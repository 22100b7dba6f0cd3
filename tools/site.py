"""Write the documentation as a static site, which opens without a network: `make site`.

``site/index.html`` is README.md, ``charts/`` the page of ``dvc plots show``, and ``store/`` a
read-only DVC remote with the results that dvc.lock names.
"""

import json
import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
from html import escape
from pathlib import Path, PurePosixPath
from string import Template
from urllib.parse import quote, unquote, urlsplit

from markdown_it import MarkdownIt

from digits.atomic_write import PREFIX
from digits.cli import run
from digits.errors import UserError
from tools.vega import PAGE as CHARTS_TEMPLATE

SITE = Path("site")
STYLE = Path(__file__).with_suffix(".css")
CHARTS = "charts"
PAGE = Template("""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>$title</title>
<link rel="icon" href="data:,">
</head>
<body>
$head
<main>
$text</main>
</body>
</html>
""")


def main():
    """Build the site in a folder beside site/ and move it into place."""
    partial = SITE.with_name(PREFIX + SITE.name)
    shutil.rmtree(partial, ignore_errors=True)  # of a run that was killed
    partial.mkdir()
    try:
        shutil.copy(STYLE, partial / "site.css")
        for source in pages():
            if source == CHARTS:
                write_charts(partial)
            else:
                write_page(source, partial)
        write_store(partial / "store")
        if SITE.exists():
            shutil.rmtree(SITE)
        partial.rename(SITE)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    print(f"site: {SITE / 'index.html'}")


def pages():
    """Give the source of each page and its title in the navigation, as a dict."""
    found = ["models/README.md", *sorted(map(str, Path("docs").glob("*.md"))), "CONTRIBUTING.md"]
    titles = {name: title_of(name) for name in found if Path(name).is_file()}
    return {"README.md": "Overview", CHARTS: "Charts"} | titles


def title_of(source):
    """Read the title of a page: its first line up to a colon."""
    line, _, _ = Path(source).read_text(encoding="utf-8").partition("\n")
    return line.removeprefix("# ").partition(":")[0]


def place(source):
    """Give the path in the site of the page that is made of ``source``."""
    path = PurePosixPath(source)
    if path.suffix and path.stem != "README":
        return path.with_suffix(".html")
    return (path.parent if path.suffix else path) / "index.html"


def head(source):
    """Give the head of a page: its style, and links to all pages."""
    here = place(source).parent
    links = [
        f"<b>{escape(title)}</b>" if other == source
        else f'<a href="{os.path.relpath(place(other), here)}">{escape(title)}</a>'
        for other, title in pages().items()
    ]  # fmt: skip
    style = f'<link rel="stylesheet" href="{os.path.relpath("site.css", here)}">'
    return f"{style}\n<nav>{' '.join(links)}</nav>"


def write_page(source, site):
    """Convert a Markdown file without its comments, and copy the files that it shows or links to.

    UserError if one of them is missing.
    """
    markdown = MarkdownIt("commonmark").enable("table")
    parsed = markdown.parse(Path(source).read_text(encoding="utf-8"))
    tokens = [token for token in parsed if token.type != "html_block"]
    for token, inner in zip(tokens, tokens[1:], strict=False):
        if token.type == "heading_open":
            token.attrSet("id", anchor(inner.content))
        for child in token.children or []:
            for name in ("href", "src"):
                if name in child.attrs:
                    child.attrSet(name, localize(child.attrs[name], source, site))
    text = markdown.renderer.render(tokens, markdown.options, {})
    target = site / place(source)
    target.parent.mkdir(parents=True, exist_ok=True)
    page = PAGE.substitute(title=escape(title_of(source)), head=head(source), text=text)
    target.write_text(page, encoding="utf-8")


def anchor(heading):
    """Give the anchor of a heading, by GitHub's rules."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def localize(link, source, site):
    """Turn a link to a file into a link to its page, or copy the file if it has no page."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc or not parts.path:
        return link
    target = os.path.normpath(PurePosixPath(source).parent / unquote(parts.path))
    if target in pages():
        target = place(target)
    elif Path(target).is_file() and not target.startswith(".."):
        (site / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(target, site / target)
    else:
        raise UserError(f"{source} links to {link}, and there is no such file")
    path = quote(os.path.relpath(target, place(source).parent))
    return parts._replace(path=path).geturl()


def write_charts(site):
    """Write the page of ``dvc plots show``, with links to the other pages on top."""
    template = CHARTS_TEMPLATE.read_text(encoding="utf-8")
    template = template.replace("{plot_divs}", f"{head(CHARTS)}\n<h1>Charts</h1>\n{{plot_divs}}")
    with tempfile.NamedTemporaryFile("w", suffix=".html", encoding="utf-8") as file:
        file.write(template)
        file.flush()
        options = ["--out", site / CHARTS, "--html-template", file.name]
        command = [sys.executable, "-m", "dvc", "plots", "show", *options]
        captured = {"capture_output": True, "text": True}
        done = subprocess.run(command, **captured)  # noqa: S603, no shell
        if "failed to load" in done.stderr:  # with exit code 0 and an incomplete page
            done = subprocess.run([*command, "--json"], **captured)  # noqa: S603
            raise UserError(f"dvc plots show: {json.loads(done.stdout)['errors'][0]['msg']}")
    if done.returncode != 0 or not (site / place(CHARTS)).is_file():
        reason = done.stderr.strip().splitlines() or ["it drew nothing"]
        raise UserError(f"dvc plots show: {reason[-1]}")


def write_store(folder):
    """Push the results that dvc.lock names into a folder, from the cache or the remote.

    Without results and without a remote, as on a CI runner that never trained, there is no store.
    UserError if the remote lacks results or cannot be reached.
    """
    from dvc.exceptions import DvcException  # takes a second to import
    from dvc.repo import Repo

    logging.disable(logging.WARNING)  # that lists the hashes that a remote lacks
    name = str(folder)  # differs from the names of the project's own remotes
    with Repo(config={"remote": {name: {"url": str(folder.resolve())}}}) as repo:

        def missing():
            outs = [out for out in repo.index.outs if out.use_cache]
            return ", ".join(str(out) for out in outs if out.changed_cache())

        has_remote = "remote" in repo.config["core"]
        try:
            if missing() and has_remote:
                repo.fetch()
            lacking = missing()
            if not lacking:
                repo.push(remote=name)
        except DvcException as error:
            raise UserError(f"no store: {' '.join(str(error).split())}") from error
    if lacking and has_remote:
        raise UserError(
            f"no store: neither cache nor remote gives {lacking}; dvc push sends them there"
        )
    if lacking:
        print(f"site: no store: DVC's cache lacks {lacking}; run make repro", file=sys.stderr)


if __name__ == "__main__":
    run(main, name="site")
