"""Reads declarations as the program does: JSON with comments and trailing commas."""
import json
import re
from pathlib import Path

# Strings are matched first, so that "//" inside one is left alone.
_PARTS = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/|,(?=\s*[}\]])', re.DOTALL)


def _keep(match: re.Match) -> str:
    part = match.group(0)
    return part if part.startswith('"') else "\n" * part.count("\n")


def read(path: Path):
    # Twice: a trailing comma may be followed by a comment.
    return json.loads(_PARTS.sub(_keep, _PARTS.sub(_keep, path.read_text(encoding="utf-8"))))


def objects(modules: Path) -> list[Path]:
    """The folders <area>/<object>/ that hold an <object>.json, in order."""
    return sorted(folder for folder in modules.glob("*/*/") if (folder / f"{folder.name}.json").is_file())
