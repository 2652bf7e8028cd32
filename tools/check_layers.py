#!/usr/bin/env python3
"""Checks that the map of the code is true.

Reads the table in src/README.md and compares it with the folders and with every #include "…" in src/ and modules/.
Names each line that goes against it and exits with 1. Also: co_await and Asio belong to src/net only.
"""
import argparse
import re
import sys
from pathlib import Path

import declarations

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')
ANGLED = re.compile(r'^\s*#\s*include\s+<boost/(asio|beast)\b')
COROUTINE = re.compile(r"\bco_(await|yield|return)\b")
# In the table: a layer that may use every area of modules/.
MODULES = "modules"
# What modules may use of the platform.
FOR_MODULES = {"base", "meta", "record"}
SOURCES = {".cpp", ".hpp", ".h"}
TEST = re.compile(r"_(test|bench|test_support)\.(cpp|hpp)$")


class Checker:
    def __init__(self, root: Path):
        self.root = root
        self.mistakes: list[str] = []
        self.layers = self.read_table(root / "src" / "README.md")

    def mistake(self, path: Path, line: int, what: str) -> None:
        self.mistakes.append(f"{path.relative_to(self.root)}:{line}: {what}")

    def read_table(self, path: Path) -> dict[str, set[str]]:
        layers: dict[str, set[str]] = {}
        lines: dict[str, int] = {}
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if not line.startswith("|") or len(cells) < 3 or cells[0] == "folder" or set(cells[0]) <= {"-", ":"}:
                continue
            layers[cells[0]] = set(cells[1].split())
            lines[cells[0]] = number
            if not cells[2]:
                self.mistake(path, number, f"layer {cells[0]}: says not what it is for")
        for name, uses in layers.items():
            for used in sorted(uses - set(layers) - {MODULES}):
                self.mistake(path, lines[name], f"layer {name} may use {used}, which is no layer")
            if not (self.root / "src" / name).is_dir():
                self.mistake(path, lines[name], f"layer {name} has no folder src/{name}")
        if not layers:
            self.mistake(path, 1, "has no table of layers")
        for folder in sorted((self.root / "src").iterdir()):
            if folder.is_dir() and folder.name not in layers:
                self.mistake(path, 1, f"folder src/{folder.name} is not in the table")
        return layers

    def check_layer_files(self) -> None:
        areas = self.areas()
        for path in self.source_files(self.root / "src"):
            layer = path.relative_to(self.root / "src").parts[0]
            allowed = self.layers.get(layer, set()) | {layer}
            for number, included in self.includes(path):
                target = included.split("/")[0]
                if "/" not in included:
                    self.mistake(path, number, f'include "{included}" from its folder: "{layer}/…/{included}"')
                elif target in self.layers and target not in allowed:
                    self.mistake(path, number, f"{layer} may not use {target} (src/README.md)")
                elif target in areas and MODULES not in allowed and not TEST.search(path.name):
                    self.mistake(path, number, f"{layer} may not use modules/{target} (src/README.md)")
                elif target not in self.layers and target not in areas and not self.is_test_help(path, target):
                    self.mistake(path, number, f'"{included}" is in no layer')
            if layer != "net":
                self.check_network_words(path)

    def is_test_help(self, path: Path, target: str) -> bool:
        return TEST.search(path.name) is not None and (self.root / "tests" / target).is_dir()

    def areas(self) -> set[str]:
        modules = self.root / "modules"
        return {folder.name for folder in modules.iterdir() if folder.is_dir()} if modules.is_dir() else set()

    def check_modules(self) -> None:
        modules = self.root / "modules"
        if not modules.is_dir():
            return
        areas = self.areas()
        for path in self.source_files(modules):
            area = path.relative_to(modules).parts[0]
            declared = modules / area / "module.json"
            uses = set(declarations.read(declared).get("uses", [])) if declared.is_file() else set()
            for number, included in self.includes(path):
                target = included.split("/")[0]
                known = target in self.layers or target in areas
                allowed = FOR_MODULES | uses | {area}
                if known and target not in allowed and not TEST.search(path.name):
                    reason = "src/README.md" if target in self.layers else f"'uses' of modules/{area}/module.json"
                    self.mistake(path, number, f"modules/{area} may not use {target} ({reason})")
                elif not known and not self.is_test_help(path, target):
                    self.mistake(path, number, f'"{included}" is in no layer and no area')
            self.check_network_words(path)

    def check_network_words(self, path: Path) -> None:
        for number, line in self.code_lines(path):
            if COROUTINE.search(line):
                self.mistake(path, number, "coroutines belong to src/net")
            if ANGLED.match(line):
                self.mistake(path, number, "Asio and Beast belong to src/net")

    @staticmethod
    def source_files(folder: Path) -> list[Path]:
        return sorted(path for path in folder.rglob("*") if path.suffix in SOURCES)

    @staticmethod
    def code_lines(path: Path):
        """Lines without comments and texts."""
        inside = False
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if not INCLUDE.match(line):
                line = re.sub(r'"(?:\\.|[^"\\])*"', '""', line)
            if inside:
                if "*/" not in line:
                    continue
                line, inside = line.split("*/", 1)[1], False
            line = re.sub(r"/\*.*?\*/", " ", line).split("//", 1)[0]
            if "/*" in line:
                line, inside = line.split("/*", 1)[0], True
            yield number, line

    def includes(self, path: Path):
        for number, line in self.code_lines(path):
            if match := INCLUDE.match(line):
                yield number, match.group(1)


def check(root: Path) -> list[str]:
    checker = Checker(root)
    checker.check_layer_files()
    checker.check_modules()
    return checker.mistakes


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    mistakes = check(parser.parse_args().root.resolve())
    print("\n".join(mistakes) if mistakes else "layers: as src/README.md says")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
