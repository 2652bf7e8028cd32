#!/usr/bin/env python3
"""Puts the built web interface into the program: web/dist becomes an assembler file of .incbin lines and a C++ table.

Each file that compresses well is kept in three forms: as it is, gzip -9, and brotli -11 (when the brotli command is
there). Compressed copies are kept by content, so that an unchanged file costs nothing the second time.
"""
import argparse
import gzip
import hashlib
import pathlib
import shutil
import subprocess
import sys

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".map": "application/json; charset=utf-8",
    ".webmanifest": "application/manifest+json; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".woff": "font/woff",
    ".ttf": "font/ttf",
    ".wasm": "application/wasm",
    ".txt": "text/plain; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".pdf": "application/pdf",
}
COMPRESSED_ALREADY = {".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".woff", ".woff2", ".pdf"}


def write_if_changed(path, text):
    """Keeps the time stamp of an unchanged file, so that nothing is compiled again for it."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def compressed(content, name, kept, digest):
    """The files of the compressed forms, by coding; only those that are worth it."""
    forms = {}
    if len(content) < 256 or pathlib.PurePath(name).suffix in COMPRESSED_ALREADY:
        return forms
    packed = {"gzip": kept / f"{digest}.gz"}
    if shutil.which("brotli"):
        packed["brotli"] = kept / f"{digest}.br"
    for coding, path in packed.items():
        if not path.exists():
            if coding == "gzip":
                path.write_bytes(gzip.compress(content, 9, mtime=0))
            else:
                done = subprocess.run(["brotli", "-q", "11", "-w", "24", "-c", "-"], input=content, capture_output=True)
                if done.returncode != 0:
                    sys.exit(f"brotli failed for {name}: {done.stderr.decode(errors='replace')}")
                path.write_bytes(done.stdout)
        if path.stat().st_size < len(content) * 0.95:
            forms[coding] = path
    return forms


def literal(text):
    return '"' + "".join(c if 32 <= ord(c) < 127 and c not in '"\\' else "".join(f"\\{b:03o}" for b in c.encode()) for c in text) + '"'


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--dist", type=pathlib.Path, required=True)
    arguments.add_argument("--out", type=pathlib.Path, required=True)
    options = arguments.parse_args()

    kept = options.out / "kept"
    kept.mkdir(parents=True, exist_ok=True)
    files = sorted(path for path in options.dist.rglob("*") if path.is_file()) if options.dist.is_dir() else []
    if not any(path.relative_to(options.dist).as_posix() == "index.html" for path in files):
        print("The web interface is not built: run `npm ci && npm run build` in web/, or configure with -DGX_WEB=ON.")
        files = []

    symbols, externs, rows, digests = [], [], [], set()

    def embed(path, digest):
        symbol = f"gx_web_{len(symbols)}"
        # The digest stands in the text so that a changed content changes this file too.
        symbols.append(f"// {digest}\n    .globl {symbol}_begin\n    .globl {symbol}_end\n    .balign 16\n{symbol}_begin:\n"
                       f"    .incbin {literal(path.resolve().as_posix())}\n{symbol}_end:\n    .byte 0\n")
        externs.append(f"extern const char {symbol}_begin[], {symbol}_end[];")
        return f"between({symbol}_begin, {symbol}_end)"

    for path in sorted(files, key=lambda p: ("/" + p.relative_to(options.dist).as_posix()).encode()):
        name = "/" + path.relative_to(options.dist).as_posix()
        content_type = TYPES.get(path.suffix.lower())
        if content_type is None:
            sys.exit(f"{path}: no content type is known for {path.suffix!r}; add it to tools/embed_assets.py")
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()[:24]
        forms = compressed(content, name, kept, digest)
        digests.add(digest)
        packed = [embed(forms[coding], f"{digest} {coding}") if coding in forms else "std::string_view{}" for coding in ("gzip", "brotli")]
        etag = '"' + digest + '"'
        rows.append(f"        Asset{{{literal(name)}, {literal(content_type)}, {literal(etag)},\n"
                    f"              {embed(path, digest)}, {packed[0]}, {packed[1]}}},")
    for path in kept.iterdir():
        if files and path.stem not in digests:
            path.unlink()

    write_if_changed(options.out / "web_assets.S",
                     "    .section .rodata\n" + "\n".join(symbols) + "\n    .section .note.GNU-stack,\"\",%progbits\n")
    table = ("    static const std::array<Asset, " + str(len(rows)) + "> assets{\n" + "\n".join(rows) + "\n    };\n    return assets;\n"
             if rows else "    return {};\n")
    helper = ("static std::string_view between(const char* begin, const char* end) {\n"
              "    return {begin, static_cast<std::size_t>(end - begin)};\n}\n\n" if rows else "")
    write_if_changed(options.out / "web_assets.cpp",
                     "// Made by tools/embed_assets.py.\n#include <array>\n#include <cstddef>\n\n#include \"net/assets.hpp\"\n\n"
                     + ("extern \"C\" {\n" + "\n".join(externs) + "\n}\n\n" if externs else "")
                     + "namespace gx::net {\n\n" + helper + "std::span<const Asset> web_assets() {\n" + table + "}\n\n}  // namespace gx::net\n")
    (options.out / "web_assets.stamp").touch()
    if rows:
        print(f"Embedded {len(rows)} files of the web interface, {sum(p.stat().st_size for p in files):,} bytes")


if __name__ == "__main__":
    main()
