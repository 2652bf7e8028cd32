"""The map of the code is kept true: each kind of violation is named with file and line."""
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import check_layers  # noqa: E402

TABLE = """| folder | may use | what it is for |
|---|---|---|
| base | | values |
| meta | base | objects |
| net | base | sockets |
"""


class CheckLayers(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.write("src/README.md", TABLE)
        self.write("src/base/value.hpp", "#pragma once\n#include <string>\n")
        self.write("src/meta/model.hpp", '#pragma once\n#include "base/value.hpp"\n#include "meta/pattern.hpp"\n')
        self.write("src/net/http.hpp", '#include <boost/asio.hpp>\nco_await x;\n')
        self.write("modules/sales/module.json", '{"uses": ["people"]} // sales\n')
        self.write("modules/people/module.json", "{}")

    def write(self, path, text):
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def mistakes(self):
        return check_layers.check(self.root)

    def test_says_nothing_when_all_is_as_the_table_says(self):
        self.write("modules/sales/quote/quote.cpp", '#include "meta/model.hpp"\n#include "people/employee/fields.hpp"\n')
        self.assertEqual(self.mistakes(), [])

    def test_names_the_line_of_an_arrow_that_is_not_in_the_table(self):
        self.write("src/base/bad.cpp", '\n#include "meta/model.hpp"\n')
        self.assertEqual(self.mistakes(), ["src/base/bad.cpp:2: base may not use meta (src/README.md)"])

    def test_names_a_folder_that_is_not_in_the_table_and_a_row_without_a_folder(self):
        self.write("src/extra/x.cpp", "")
        self.write("src/README.md", TABLE + "| store | base | rows |\n")
        self.assertEqual(self.mistakes(), ["src/README.md:6: layer store has no folder src/store",
                                           "src/README.md:1: folder src/extra is not in the table"])

    def test_names_a_row_that_uses_what_is_no_layer(self):
        self.write("src/README.md", TABLE.replace("| meta | base |", "| meta | base magic |"))
        self.assertEqual(self.mistakes(), ["src/README.md:4: layer meta may use magic, which is no layer"])

    def test_names_includes_that_are_in_no_layer(self):
        self.write("src/meta/bad.cpp", '#include "pattern.hpp"\n#include "garden/fields.hpp"\n')
        self.assertEqual(self.mistakes(), [
            'src/meta/bad.cpp:1: include "pattern.hpp" from its folder: "meta/…/pattern.hpp"',
            'src/meta/bad.cpp:2: "garden/fields.hpp" is in no layer'])

    def test_opens_the_areas_of_the_business_only_to_a_layer_whose_row_says_modules(self):
        self.write("src/meta/uses.cpp", '#include "sales/quote/fields.hpp"\n')
        self.assertEqual(self.mistakes(), ["src/meta/uses.cpp:1: meta may not use modules/sales (src/README.md)"])

        self.write("src/README.md", TABLE.replace("| meta | base |", "| meta | base modules |"))
        self.assertEqual(self.mistakes(), [])

    def test_keeps_coroutines_and_asio_in_net(self):
        self.write("src/meta/bad.cpp", "// co_await in a comment\nauto s = \"co_await\"; /* co_await\n co_await */\n"
                                       "co_return 1;\n#include <boost/beast/http.hpp>\n")
        self.assertEqual(self.mistakes(), ["src/meta/bad.cpp:4: coroutines belong to src/net",
                                           "src/meta/bad.cpp:5: Asio and Beast belong to src/net"])

    def test_keeps_modules_to_the_platform_they_may_use_and_to_the_areas_they_name(self):
        self.write("modules/people/employee/employee.cpp",
                   '#include "net/http.hpp"\n#include "sales/quote/fields.hpp"\n#include "other/x.hpp"\n')
        self.assertEqual(self.mistakes(), [
            "modules/people/employee/employee.cpp:1: modules/people may not use net (src/README.md)",
            "modules/people/employee/employee.cpp:2: modules/people may not use sales ('uses' of modules/people/module.json)",
            'modules/people/employee/employee.cpp:3: "other/x.hpp" is in no layer and no area'])


if __name__ == "__main__":
    unittest.main()
