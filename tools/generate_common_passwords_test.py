"""The table of common passwords is what its text file says, in order."""
import unittest

import generate_common_passwords as generate


class CommonPasswords(unittest.TestCase):
    def test_lists_are_sorted_without_doubles_and_remarks(self):
        lists = generate.read("# remark\n[words]\nb a\na\n[tails]\n1 #1 #\n[passwords]\n#1 q?\"\\\n")
        self.assertEqual(lists, {"words": {"a", "b"}, "tails": {"1", "#1", "#"}, "passwords": {"#1", 'q?"\\'}})
        made = generate.table(lists)
        self.assertIn('words_{\n    "a"sv, "b"sv};', made)
        self.assertIn(r'"q\?\"\\"sv', made)

    def test_what_is_no_small_plain_text_is_refused(self):
        for wrong in ("Word", "[words]\nWord", "[words]\n密码", "[nothing]\n"):
            with self.assertRaises(SystemExit):
                generate.read(wrong)


if __name__ == "__main__":
    unittest.main()
