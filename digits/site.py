"""Makes site/: the project's pages, as any static host serves them; they open without a network.

Run it by ``make site``. ``index.html`` is README.md, ``charts/`` the page of ``dvc plots show``,
and ``store/`` a DVC remote, read-only once it is served, which holds what dvc.lock names.
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

from markdown_it import MarkdownIt  # pinned too: Keras needs rich, which needs it

from digits.command import run
from digits.errors import UserError
from digits.files import PREFIX
from digits.vega import PAGE as CHARTS_TEMPLATE

SITE = Path("site")
STYLE = Path(__file__).with_suffix(".css")
# What becomes a page where it is there, and what the head of each page calls it.
PAGES = {
    "README.md": "Results",
    "charts": "Charts",
    "models/README.md": "Model card",
    "benchmarks/README.md": "Benchmarks",
}
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
    """Make all of it beside its place, and move it there."""
    partial = SITE.with_name(PREFIX + SITE.name)
    shutil.rmtree(partial, ignore_errors=True)  # of a run that was killed
    partial.mkdir()
    try:
        build(partial)
        if SITE.exists():
            shutil.rmtree(SITE)
        partial.rename(SITE)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    print(f"site: {SITE / 'index.html'}")


def build(site):
    """Write the pages, what they show and link to, and the store into an existing folder."""
    shutil.copy(STYLE, site / "site.css")
    for source in pages():
        if source == "charts":
            write_charts(site)
        else:
            write_page(source, site)
    write_store(site / "store")


def pages():
    """Give PAGES without the files that a project does without: only README.md must be there."""
    return {
        source: title
        for source, title in PAGES.items()
        if source in ("README.md", "charts") or Path(source).is_file()
    }


def place(source):
    """Say where in the site the page is that is made of ``source``."""
    path = PurePosixPath(source)
    return (path.parent if path.suffix else path) / "index.html"


def head(source):
    """Make the head of a page: its style, and links to all pages."""
    here = place(source).parent
    links = [
        f"<b>{title}</b>" if other == source
        else f'<a href="{os.path.relpath(place(other), here)}">{title}</a>'
        for other, title in pages().items()
    ]  # fmt: skip
    style = f'<link rel="stylesheet" href="{os.path.relpath("site.css", here)}">'
    return f"{style}\n<nav>{' '.join(links)}</nav>"


def write_page(source, site):
    """Make a page of a Markdown file, and copy the files that it shows or links to.

    Raises:
        UserError: a file that it links to is missing.
    """
    markdown = MarkdownIt("commonmark").enable("table")
    tokens = markdown.parse(Path(source).read_text(encoding="utf-8"))
    headings = []
    for token, inner in zip(tokens, tokens[1:], strict=False):
        if token.type == "heading_open":
            headings.append(inner.content)
            token.attrSet("id", anchor(inner.content))
        for child in token.children or []:
            for name in ("href", "src"):
                if name in child.attrs:
                    child.attrSet(name, localize(child.attrs[name], source, site))
    text = markdown.renderer.render(tokens, markdown.options, {})
    target = site / place(source)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(
        PAGE.substitute(
            title=escape(headings[0] if headings else source), head=head(source), text=text
        ),
        encoding="utf-8",
    )


def anchor(heading):
    """Name a heading as GitHub does, for links to it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def localize(link, source, site):
    """Turn a link of a file to another file into one of its page, and copy that other file."""
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
    """Make the page of ``dvc plots show``, with the links of the other pages on top.

    Raises:
        UserError: DVC cannot draw; the text is why.
    """
    template = CHARTS_TEMPLATE.read_text(encoding="utf-8")
    template = template.replace("{plot_divs}", f"{head('charts')}\n<h1>Charts</h1>\n{{plot_divs}}")
    with tempfile.NamedTemporaryFile("w", suffix=".html", encoding="utf-8") as file:
        file.write(template)
        file.flush()
        command = ["plots", "show", "--out", str(site / "charts"), "--html-template", file.name]
        done = dvc(*command)
        if "failed to load" in done.stderr:  # it ends well, with a page that lacks something
            errors = json.loads(dvc(*command, "--json").stdout)["errors"]
            raise UserError(f"dvc plots show: {errors[0]['msg']}")
    if done.returncode != 0 or not (site / place("charts")).is_file():
        reason = done.stderr.strip().splitlines() or ["it drew nothing"]
        raise UserError(f"dvc plots show: {reason[-1]}")


def dvc(*command):
    """Run DVC, and keep what it prints."""
    return subprocess.run(  # noqa: S603, no shell
        [sys.executable, "-m", "dvc", *command], capture_output=True, text=True
    )


def write_store(folder):
    """Push what dvc.lock names into a folder; what the cache lacks comes from the remote.

    A project that has neither the results nor a remote, as on a runner that never trained, gets
    pages without a store.

    Raises:
        UserError: the remote lacks something, too, or cannot be reached.
    """
    from dvc.exceptions import DvcException  # takes a second to import
    from dvc.repo import Repo

    logging.disable(logging.WARNING)  # that would list the hashes of what a remote lacks
    name = str(folder)  # which is no name of a remote that the project has, as "store" may be
    with Repo(config={"remote": {name: {"url": str(folder.resolve())}}}) as repo:
        outs = [out for out in repo.index.outs if out.use_cache]

        def missing():
            return [str(out) for out in outs if out.changed_cache()]

        has_remote = "remote" in repo.config["core"]
        try:
            if missing() and has_remote:
                repo.fetch()
            if not missing():
                repo.push(remote=name)
                return
        except DvcException as error:
            raise UserError(f"no store: {' '.join(str(error).split())}") from error
        names = ", ".join(missing())
        if has_remote:
            raise UserError(
                f"no store: neither cache nor remote gives {names}; dvc push sends them there"
            )
        print(
            f"site: no store, for DVC's cache lacks {names}; make repro makes it", file=sys.stderr
        )


if __name__ == "__main__":
    run(main, name="site")
