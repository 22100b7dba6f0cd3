"""Compare the accuracy in metrics.json with the interval that is committed."""

import json
import subprocess
import sys
from pathlib import Path

committed = json.loads(subprocess.check_output(["git", "show", "HEAD:metrics.json"]))  # noqa: S607
now = json.loads(Path("metrics.json").read_text(encoding="utf-8"))
low, high = committed["accuracy_low"], committed["accuracy_high"]
print(f"accuracy {now['accuracy']}, committed interval {low} to {high}")
if not low <= now["accuracy"] <= high:
    sys.exit("the accuracy lies outside the committed interval")
if now == committed:
    print("metrics.json is the committed one")
