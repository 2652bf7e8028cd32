"""The list of what proves each requirement is kept true: what is missing, unknown or gone is named with its line."""
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import check_asvs  # noqa: E402

TESTS = {"sign_in_test.cpp": [["GuessingIsSlowedDown"]], "identity.test.mjs": [["a page shows it"], ["an answer tells it"]]}


def rows(changed=None):
    """A list that is right, but for the requirements that are changed."""
    lines = {f"{section}.{i}": "because" for section, count in check_asvs.REQUIRED.items() for i in range(1, count + 1)}
    lines.update(changed or {})
    return "\n".join(f"| {name} | {text} |" for name, text in lines.items() if text is not None)


class CheckAsvs(unittest.TestCase):
    def wrong(self, changed):
        return check_asvs.mistakes(rows(changed), TESTS)

    def test_a_whole_list_is_right(self):
        self.assertEqual(self.wrong({}), [])
        self.assertEqual(self.wrong({"6.1.1": "slow: `sign_in_test.cpp › GuessingIs`, `identity.test.mjs › an answer`"}), [])

    def test_a_test_that_is_gone_is_named(self):
        self.assertIn("no test of sign_in_test.cpp", self.wrong({"6.1.1": "`sign_in_test.cpp › Nothing`"})[0])
        self.assertIn("no file of tests", self.wrong({"6.1.1": "`gone_test.cpp › GuessingIs`"})[0])

    def test_a_test_that_is_named_beside_the_rows_is_looked_for_too(self):
        self.assertIn("no test of sign_in_test.cpp", check_asvs.mistakes(rows() + "\n- also `sign_in_test.cpp › Nothing`", TESTS)[0])
        self.assertEqual(check_asvs.mistakes(rows() + "\n- also `sign_in_test.cpp › GuessingIs`", TESTS), [])

    def test_a_requirement_without_row_twice_or_unknown_is_named(self):
        self.assertEqual(self.wrong({"7.2.3": None}), ["7.2.3 has no row"])
        self.assertIn("no requirement", self.wrong({"6.3.7": "of level 3"})[0])
        self.assertIn("already", check_asvs.mistakes(rows() + "\n| 6.1.1, 6.1.2 | again |", TESTS)[0])

    def test_the_list_of_the_product_is_right(self):
        text = (check_asvs.ROOT / "docs" / "security" / "asvs.md").read_text(encoding="utf-8")
        self.assertEqual(check_asvs.mistakes(text, check_asvs.tests_in(check_asvs.ROOT)), [])


if __name__ == "__main__":
    unittest.main()
