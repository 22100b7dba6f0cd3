"""Check that the accuracy in metrics.json is within the committed interval."""

import json
import subprocess
import sys
from pathlib import Path

committed = json.loads(subprocess.check_output(["git", "show", "HEAD:metrics.json"]))  # noqa: S607
now = json.loads(Path("metrics.json").read_text(encoding="utf-8"))
low, high = committed["accuracy_low"], committed["accuracy_high"]
print(f"accuracy {now['accuracy']}, committed interval {low} to {high}")
if not low <= now["accuracy"] <= high:
    sys.exit("the accuracy is outside the committed interval")
if now == committed:
    print("metrics.json is identical to the committed one")
