"""Compare the packages that a stage imports with the versions pinned in requirements.txt."""

import re
import sys
from pathlib import Path

PINS = Path("requirements.txt")
MODULES = {"pillow": "PIL", "ruamel-yaml": "ruamel.yaml", "scikit-learn": "sklearn"}


def imported():
    """Return the versions of the pinned packages that this process has imported so far, a dict."""
    modules = {name: sys.modules.get(MODULES.get(name, name)) for name in pins()}
    return {name: module.__version__ for name, module in modules.items() if module}


def pins():
    """Return the pinned versions, a dict by the package's name."""
    return dict(re.findall(r"^([\w-]+)==(\S+)", PINS.read_text(encoding="utf-8"), re.MULTILINE))


def other_versions(versions):
    """List which of these versions are not the pinned ones: a line for each."""
    pinned = pins()
    return [
        f"{name} {version} was imported, but {PINS} pins {pinned[name]}"
        for name, version in versions.items()
        if name in pinned and version != pinned[name]
    ]


def warn(stage):
    """Print a warning for each imported package of another version than the pinned one."""
    for line in other_versions(imported()):
        print(f"{stage}: warning: {line}; the results may differ")
