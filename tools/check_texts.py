#!/usr/bin/env python3
"""Checks the texts that people read.

Every key named in the C++ code has a text, both languages hold the same keys and parameters, and Chinese texts keep to
the house style (CONTRIBUTING.md). The keys are found where the code names them: Failure::Kind::…, "key"; bad_request("key");
problem(…, "key"); Problem{field, "key"}; text(language, "key"). A behaviour of an object may also name a key of the
"problems" of its declaration.
"""
import argparse
import json
import re
import sys
from pathlib import Path

import declarations

KEY = r'"([a-z][a-z0-9_.]*)"'
CHOICE = re.compile(r'^[^"]*\?\s*' + KEY + r"\s*:\s*" + KEY + r"$", re.DOTALL)
COMMENT = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
PARAMETER = re.compile(r"\{(\w+)\}")
# A name of what is called, and which of its arguments is the key: an index, or -1 for the last that is a text.
CALLS = {"bad_request": 0, "problem": -1, "Failure": 1, "Problem": 1}
CALL = re.compile(r"\b(bad_request|problem|Failure|Problem|text)\s*([({])")
FAILURE = re.compile(r"\bFailure::Kind::\w+,\s*")
PUSHED = re.compile(r"\bproblems\w*\.(?:push_back|emplace_back)\(\{")

# 请求, 申请 and 成功率 are words of their own; a plea and praise are not.
UNWANTED = re.compile(r"(?<![申邀聘])请(?!求|假|示)|亲[,，]|您|成功(?!概率|率)|[!！]")
CHINESE, LATIN = r"[\u4e00-\u9fff]", r"[A-Za-z0-9]"
DATE_FORMAT = re.compile(r"[YMDHms]+[年月日时分秒]")  # YYYY年M月D日
CROWDED = re.compile(f"{CHINESE}{LATIN}|{LATIN}{CHINESE}")


def without_comments(source: str) -> str:
    def blank(match):
        part = match.group(0)
        return part if part.startswith('"') else "\n" * part.count("\n")

    return COMMENT.sub(blank, source)


def arguments(source: str, start: int) -> list[str]:
    """The arguments of a call, from behind its opening bracket to the closing one."""
    parts, depth, begin, at = [], 0, start, start
    while at < len(source):
        character = source[at]
        if character == '"' or (character == "'" and not (source[at - 1].isalnum() or source[at - 1] == "_")):
            at += 1
            while at < len(source) and source[at] != character:
                at += 2 if source[at] == "\\" else 1
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            if depth == 0:
                break
            depth -= 1
        elif character == "," and depth == 0:
            parts.append(source[begin:at].strip())
            begin = at + 1
        at += 1
    parts.append(source[begin:at].strip())
    return parts


def keys_of(argument: str) -> list[str]:
    """"key" gives one, condition ? "one" : "other" gives two, everything else none."""
    if match := re.fullmatch(KEY, argument):
        return [match.group(1)]
    if match := CHOICE.match(argument):
        return list(match.groups())
    return []


def named_keys(source: str):
    """Position and key, in the order of the source."""
    for match in CALL.finditer(source):
        name, given = match.group(1), arguments(source, match.end())
        if name == "text":
            if len(given) > 1 and "anguage" in given[0]:
                yield from ((match.start(), key) for key in keys_of(given[1]))
            continue
        place = CALLS[name]
        if place < 0:
            texts = [argument for argument in given if keys_of(argument)]
            yield from ((match.start(), key) for key in (keys_of(texts[-1]) if texts else []))
        elif len(given) > place:
            yield from ((match.start(), key) for key in keys_of(given[place]))
    for match in FAILURE.finditer(source):
        yield from ((match.start(), key) for key in keys_of(arguments(source, match.end())[0]))
    for match in PUSHED.finditer(source):
        given = arguments(source, match.end())
        if len(given) > 1:
            yield from ((match.start(), key) for key in keys_of(given[1]))


class Checker:
    def __init__(self, root: Path):
        self.root = root
        self.mistakes: list[str] = []
        self.texts: dict[str, dict[str, str]] = {"zh": {}, "en": {}}
        for language, texts in self.texts.items():
            for path in sorted((root / "src").rglob(f"texts.{language}.json")):
                texts.update(json.loads(path.read_text(encoding="utf-8")))

    def mistake(self, where: str, what: str) -> None:
        self.mistakes.append(f"{where}: {what}")

    def check_code(self) -> None:
        for path in sorted([*(self.root / "src").rglob("*.[ch]pp"), *(self.root / "modules").rglob("*.[ch]pp")]):
            if re.search(r"_(test|bench|test_support)\.[ch]pp$", path.name):
                continue
            source = without_comments(path.read_text(encoding="utf-8"))
            own = self.own_problems(path)
            # Failure(Failure::Kind::…) is found twice; once a line is enough.
            for line, key in sorted({(source.count("\n", 0, position) + 1, key) for position, key in named_keys(source)}):
                if key not in self.texts["zh"] and key not in own:
                    self.mistake(f"{path.relative_to(self.root)}:{line}", f'no text for "{key}"')

    @staticmethod
    def own_problems(path: Path) -> set[str]:
        declaration = path.parent / f"{path.parent.name}.json"
        if not declaration.is_file():
            return set()
        return set(declarations.read(declaration).get("problems", {}))

    def check_parameters(self) -> None:
        for key in sorted(self.texts["zh"].keys() & self.texts["en"].keys()):
            zh, en = (set(PARAMETER.findall(self.texts[language][key])) for language in ("zh", "en"))
            if zh != en:
                self.mistake(f"text {key}", f"parameters differ: {', '.join(sorted(zh ^ en))}")

    def check_style(self) -> None:
        for path in sorted([*(self.root / "src").rglob("texts.zh.json"), *(self.root / "web").glob("src/**/messages.zh.json")]):
            for key, value in json.loads(path.read_text(encoding="utf-8")).items():
                self.check_chinese(f"{path.relative_to(self.root)}: {key}", value)
        for path in sorted((self.root / "modules").rglob("*.json")):
            if not path.name.endswith((".records.json", ".cases.json")):
                self.check_declared(path, declarations.read(path))

    def check_declared(self, path: Path, node) -> None:
        if isinstance(node, dict):
            if isinstance(node.get("zh"), str):
                self.check_chinese(str(path.relative_to(self.root)), node["zh"])
            for value in node.values():
                self.check_declared(path, value)
        elif isinstance(node, list):
            for value in node:
                self.check_declared(path, value)

    def check_chinese(self, where: str, value) -> None:
        if not isinstance(value, str):
            return
        if match := UNWANTED.search(value):
            self.mistake(where, f"「{value}」 holds 「{match.group(0)}」")
        if match := CROWDED.search(DATE_FORMAT.sub("", value)):
            self.mistake(where, f"「{value}」 needs a space in 「{match.group(0)}」")


def check(root: Path) -> list[str]:
    checker = Checker(root)
    checker.check_code()
    checker.check_parameters()
    checker.check_style()
    return checker.mistakes


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    mistakes = check(parser.parse_args().root.resolve())
    if mistakes:
        print("\n".join(mistakes))
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
