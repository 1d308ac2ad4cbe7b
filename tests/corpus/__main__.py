"""Print how many cases of each subject end in a right result, and how many in one line that refuses."""

from tests.corpus.subjects import SUBJECTS


def format_counts() -> str:
    """Return a table in Markdown, one row per subject."""
    lines = ["| subject | cases | right | refused in one line |", "|---|---|---|---|"]
    total = [0, 0]
    for subject, cases in SUBJECTS.items():
        refused = sum(bool(case.told) for case in cases)
        lines.append(f"| {subject} | {len(cases)} | {len(cases) - refused} | {refused} |")
        total = [total[0] + len(cases), total[1] + refused]
    lines.append(f"| all | {total[0]} | {total[0] - total[1]} | {total[1]} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(format_counts())  # noqa: T201
