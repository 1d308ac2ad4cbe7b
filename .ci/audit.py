"""Ask an advisory service for known faults of the packages in constraints.txt; `make audit` runs it.

Where the service cannot be reached, or knows none of the packages, as behind a mirror of the package index
without advisories, it says that nothing was checked, and passes: pip-audit itself then says "No known
vulnerabilities found".
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ACCEPTED: dict[str, str] = {}
"""Number of an advisory -> why it does not concern hpacells."""

TIMEOUT_S = 300
ROOT = Path(__file__).parent.parent
_COMMAND = ("-m", "pip_audit", "--progress-spinner", "off", "--format", "json", "--no-deps", "--disable-pip")


def main() -> int:
    """Print what was found, one line each, and return the exit status."""
    command = [sys.executable, *_COMMAND, "--requirement", str(ROOT / "constraints.txt")]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S)
        answer = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError) as error:
        reason = "no answer in time" if isinstance(error, subprocess.TimeoutExpired) else _last(done.stderr)
        sys.stdout.write(f"audit: SKIPPED, the advisory service cannot be asked ({reason})\n")
        return 0
    lines, status = judge(answer)
    sys.stdout.writelines(f"audit: {line}\n" for line in lines)
    return status


def judge(answer: list[dict[str, Any]]) -> tuple[list[str], int]:
    """Return what is to be said of pip-audit's answer, and the exit status.

    Parameters
    ----------
    answer
        Its ``dependencies``: each with a name, and either ``skip_reason`` or ``version`` and ``vulns``.
    """
    skipped = [package["name"] for package in answer if "skip_reason" in package]
    if len(skipped) == len(answer):
        reason = answer[0]["skip_reason"] if answer else "no package is listed"
        return [f"SKIPPED, the advisory service knows none of {len(answer)} packages ({reason})"], 0
    lines, status = [], 0
    for package in answer:
        for fault in package.get("vulns", []):
            numbers = [fault["id"], *fault.get("aliases", [])]
            why = next((ACCEPTED[number] for number in numbers if number in ACCEPTED), "")
            fixed = ", ".join(fault.get("fix_versions", [])) or "no version yet"
            state = f"accepted: {why}" if why else f"mended in {fixed}"
            lines.append(f"{package['name']} {package['version']}: {fault['id']}, {state}")
            status = status if why else 1
    if skipped:
        lines.append(f"not checked, unknown to the advisory service: {', '.join(skipped)}")
    lines.append(f"{len(answer) - len(skipped)} of {len(answer)} packages were checked")
    return lines, status


def _last(text: str) -> str:
    return text.strip().splitlines()[-1] if text.strip() else "no answer"


if __name__ == "__main__":
    sys.exit(main())
