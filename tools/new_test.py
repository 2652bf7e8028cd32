"""What tools/new starts is a whole object: declaration, case and help, and nothing that was there is touched."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOOLS = Path(__file__).parent
sys.path.insert(0, str(TOOLS))
import declarations  # noqa: E402


class New(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.modules = Path(folder.name) / "modules"
        self.new("area", "warehouse", "--zh", "仓库", "--en", "Warehouse")

    def new(self, *arguments):
        return subprocess.run([sys.executable, TOOLS / "new", *arguments, "--modules", self.modules],
                              capture_output=True, text=True)

    def test_makes_an_object_with_declaration_case_and_help(self):
        done = self.new("object", "warehouse/stock_item", "--zh", "库存", "--en", "Stock item", "--owned")

        self.assertEqual(done.returncode, 0, done.stderr)
        folder = self.modules / "warehouse" / "stock_item"
        self.assertEqual(sorted(path.name for path in folder.iterdir()),
                         ["help.en.md", "help.zh.md", "stock_item.cases.json", "stock_item.json"])
        declared = declarations.read(folder / "stock_item.json")
        self.assertEqual(declared["label"], {"zh": "库存", "en": "Stock item"})
        self.assertEqual(declared["plural"]["en"], "Stock items")
        self.assertTrue(declared["owned"])
        self.assertEqual(declared["fields"]["name"]["type"], "text")
        self.assertEqual(declarations.read(folder / "stock_item.cases.json")[0]["save"], {"stock_item": {}})
        self.assertEqual(declarations.objects(self.modules), [folder])

    def test_refuses_what_is_there_already(self):
        self.new("object", "warehouse/stock", "--zh", "库存", "--en", "Stock")
        before = (self.modules / "warehouse/stock/stock.json").read_text(encoding="utf-8")

        again = self.new("object", "warehouse/stock", "--zh", "别的", "--en", "Other")

        self.assertEqual(again.returncode, 1)
        self.assertIn("is already there", again.stderr)
        self.assertEqual((self.modules / "warehouse/stock/stock.json").read_text(encoding="utf-8"), before)

    def test_refuses_bad_names_and_unknown_areas(self):
        for name, why in [("warehouse/StockItem", "is not snake_case"), ("stock", "<area>/<object>"),
                          ("garden/stock", "there is no area 'garden'"), ("warehouse/" + "x" * 41, "is not snake_case")]:
            done = self.new("object", name, "--zh", "库存", "--en", "Stock")
            self.assertEqual(done.returncode, 1, name)
            self.assertIn(why, done.stderr)
        self.assertEqual([path.name for path in (self.modules / "warehouse").iterdir()], ["module.json"])


if __name__ == "__main__":
    unittest.main()
