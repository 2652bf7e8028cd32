"""The generated code follows the declarations, and stays untouched when they do not change it."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOOLS = Path(__file__).parent


class GenerateModules(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.modules = Path(folder.name) / "modules"
        self.out = Path(folder.name) / "out"
        self.modules.mkdir()

    def write(self, path, text):
        target = self.modules / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def generate(self):
        return subprocess.run([sys.executable, TOOLS / "generate_modules.py", "--modules", self.modules, "--out", self.out],
                              capture_output=True, text=True)

    def times(self):
        return {path: path.stat().st_mtime_ns for path in self.out.rglob("*") if path.is_file()}

    def example(self):
        self.write("sales/quote/quote.json", '''// A quote.
{ "owned": true, "fields": {
    "name": {"type": "text", "label": {"zh": "//", "en": "a, }"}},
    "total": {"type": "money"}, "tags": {"type": "choices"}, "class": {"type": "choice"},
    "lines": {"type": "list", "of": "line", "by": "quote"}, /* last */ } }''')
        self.write("sales/quote/quote.cpp", "")
        self.write("sales/quote/help.en.md", "# Quotes\n")
        self.write("sales/quote/quote.cases.json", "[]")

    def test_works_without_any_module(self):
        self.assertEqual(self.generate().returncode, 0)
        self.assertIn(".quad 0", (self.out / "embedded.S").read_text())
        self.assertIn("register_behaviours", (self.out / "registry.cpp").read_text())

    def test_writes_a_typed_handle_for_each_field(self):
        self.example()
        self.assertEqual(self.generate().returncode, 0)
        header = (self.out / "sales/quote/fields.hpp").read_text()
        self.assertIn('inline constexpr ::gx::record::Field<std::string> name{"name"};', header)
        self.assertIn('inline constexpr ::gx::record::Field<::gx::Money> total{"total"};', header)
        self.assertIn('inline constexpr ::gx::record::Field<::gx::Codes> tags{"tags"};', header)
        self.assertIn('inline constexpr ::gx::record::Field<std::string> class_{"class"};', header)
        self.assertIn('inline constexpr ::gx::record::Field<::gx::RecordId> owner{"owner"};', header)
        self.assertNotIn("lines", header)

    def test_embeds_declarations_and_help_but_no_cases_and_registers_behaviours(self):
        self.example()
        self.generate()
        embedded = (self.out / "embedded.S").read_text()
        self.assertIn('"modules/sales/quote/quote.json"', embedded)
        self.assertIn('"modules/sales/quote/help.en.md"', embedded)
        self.assertNotIn("cases", embedded)
        self.assertIn('quote::behave(behaviours.of("quote"));', (self.out / "registry.cpp").read_text())

    def test_touches_only_what_changed(self):
        self.example()
        self.generate()
        before = self.times()

        self.generate()
        self.assertEqual(self.times(), before)

        self.write("sales/quote/help.en.md", "# Offers\n")
        self.generate()
        changed = [path.name for path, time in self.times().items() if time != before[path]]
        self.assertEqual(changed, ["embedded.S"])

    def test_names_the_file_of_a_mistake(self):
        self.write("sales/quote/quote.json", '{"fields": {"name": {"type": "txt"}}}')
        done = self.generate()
        self.assertEqual(done.returncode, 1)
        self.assertIn("quote.json: field name: unknown type 'txt'", done.stderr)
        self.write("sales/quote/quote.json", '{"fields": ')
        self.assertIn("quote.json: ", self.generate().stderr)


if __name__ == "__main__":
    unittest.main()
