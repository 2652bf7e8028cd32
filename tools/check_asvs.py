#!/usr/bin/env python3
"""Checks docs/security/asvs.md: every requirement of level 1 and 2 has a row, and every test that is named there exists.

A test is named as `file › words`: the file by the end of its path, the test by what its name begins with. Several files may
have that name; one of them must hold the test.
"""
import argparse
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Requirements of level 1 and 2 by section: how many, counted from 1.
REQUIRED = {"6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4,
            "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2, "7.6": 2,
            "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1,
            "16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 3}
ROW = re.compile(r"^\| (\d[\d., ]*) \| (.*) \|$")
NAMED = re.compile(r"`([^`]+?) › ([^`]+)`")
# How a test says its name, by the end of its file.
NAMES = {".cpp": re.compile(r"^TEST\w*\(\s*\w+,\s*(\w+)", re.MULTILINE),
         ".mjs": re.compile(r"^\s*test\((['\"`])(.+?)\1", re.MULTILINE),
         ".json": re.compile(r'"case":\s*"([^"]+)"')}


def tests_in(root: Path) -> dict[str, list[list[str]]]:
    """Names of tests of each file, by the name of the file."""
    found: dict[str, list[list[str]]] = {}
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate"], cwd=root,
                            capture_output=True, text=True, check=True).stdout.splitlines()
    for name in listed:
        path = root / name
        pattern = NAMES.get(path.suffix)
        if pattern is None or not re.search(r"(_test\.cpp|\.test\.mjs|\.cases\.json)$", name) or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8")
        found.setdefault(path.name, []).append([match.group(match.lastindex) for match in pattern.finditer(text)])
    return found


def mistakes(text: str, tests: dict[str, list[list[str]]]) -> list[str]:
    wrong: list[str] = []
    required = {f"{section}.{i}" for section, count in REQUIRED.items() for i in range(1, count + 1)}
    seen: set[str] = set()
    for number, line in enumerate(text.splitlines(), 1):
        for file, words in NAMED.findall(line):
            if file not in tests:
                wrong.append(f"{number}: there is no file of tests {file}")
            elif not any(name.startswith(words) for names in tests[file] for name in names):
                wrong.append(f"{number}: no test of {file} begins with “{words}”")
        row = ROW.match(line)
        if row is None:
            continue
        for requirement in re.split(r",\s*", row.group(1)):
            if requirement not in required:
                wrong.append(f"{number}: {requirement} is no requirement of level 1 or 2")
            elif requirement in seen:
                wrong.append(f"{number}: {requirement} has a row already")
            seen.add(requirement)
        if not row.group(2).strip():
            wrong.append(f"{number}: {row.group(1)} says neither test nor reason")
    wrong += [f"{requirement} has no row" for requirement in sorted(required - seen)]
    return wrong


def main() -> int:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    file = Path("docs/security/asvs.md")
    wrong = mistakes((ROOT / file).read_text(encoding="utf-8"), tests_in(ROOT))
    for mistake in wrong:
        print(f"{file}:{mistake}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
