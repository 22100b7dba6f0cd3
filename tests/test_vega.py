"""Vega's scripts in the template of DVC's pages."""

import hashlib
import re

from tests.project import ROOT
from tools import vega


def test_template_holds_the_pinned_files():
    """.dvc/plots.html is what tools/vega.py makes, byte for byte, of files with those SHA-256."""
    page = (ROOT / vega.PAGE).read_bytes().decode()
    texts = re.findall(
        r"^<!-- [\w@.-]+: \S+ -->\n<.*?>?\n(.*?)(?:</script|--)>\n", page, re.S | re.M
    )
    assert vega.template(texts) == page
    assert [(len(text.encode()), hashlib.sha256(text.encode()).hexdigest()) for text in texts] == [
        (size, sha256) for _, _, size, sha256 in vega.FILES
    ]
