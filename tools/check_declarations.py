#!/usr/bin/env python3
"""Checks the files of modules/ that need no program to be judged: JSON syntax, names in both languages, help pages.

Whether fields, expressions and layouts mean something is checked by the program when it starts and by its tests.
"""
import argparse
import json
import sys
from pathlib import Path

import declarations

LANGUAGES = {"zh", "en"}


def check(root: Path) -> list[str]:
    mistakes: list[str] = []
    modules = root / "modules"

    def mistake(path: Path, what: str) -> None:
        mistakes.append(f"{path.relative_to(root)}: {what}")

    def check_names(path: Path, node, within: str) -> None:
        if isinstance(node, dict):
            present = LANGUAGES & node.keys()
            if present and (present != LANGUAGES or not all(isinstance(node[name], str) and node[name] for name in LANGUAGES)):
                mistake(path, f"{within or 'the file'} has no text in both languages")
            for name, value in node.items():
                check_names(path, value, f"{within}.{name}" if within else name)
        elif isinstance(node, list):
            for index, value in enumerate(node):
                check_names(path, value, f"{within}[{index}]")

    for path in sorted([*modules.rglob("*.json"), *(root / "docs" / "examples").rglob("*.json")]):
        try:
            content = declarations.read(path)
        except json.JSONDecodeError as failure:
            mistakes.append(f"{path.relative_to(root)}:{failure.lineno}: {failure.msg}")
            continue
        if not path.name.endswith((".records.json", ".cases.json")):
            check_names(path, content, "")
        if path.name == f"{path.parent.name}.json" and path.parent.parent.parent == modules and "label" not in content:
            mistake(path, "has no label")

    for folder in declarations.objects(modules):
        for language in sorted(LANGUAGES):
            page = folder / f"help.{language}.md"
            if not page.is_file() or not page.read_text(encoding="utf-8").strip():
                mistake(folder, f"help.{language}.md is missing or empty")
    return mistakes


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    mistakes = check(parser.parse_args().root.resolve())
    if mistakes:
        print("\n".join(mistakes))
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
