"""tools/check_texts.py finds a key without a text wherever the code names one, and nothing else."""
import json
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import check_texts  # noqa: E402


class CheckTexts(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.write("src/base/texts.zh.json", json.dumps({"stale": "已被他人修改", "too_long": "最多 {max} 个字符"}))
        self.write("src/base/texts.en.json", json.dumps({"stale": "Changed by somebody else", "too_long": "At most {max} characters"}))

    def write(self, name, content):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")

    def found(self, code):
        self.write("src/record/save.cpp", code)
        return check_texts.check(self.root)

    def test_finds_a_missing_key_in_every_form(self):
        for code in ['throw Failure(Failure::Kind::stale, "lost");', 'throw bad_request("lost", {{"max", "3"}});',
                     'problem(draft, "owner", "lost");', 'return Problem{field, "lost", {}, {}};',
                     'problems.push_back({field.name, "lost", {{"value", text}}, {}});', 'text(Language::en, "lost")',
                     'problem(field, short ? "stale" : "lost");', 'return {Failure::Kind::stale, "lost"};']:
            self.assertEqual(self.found(f"\n{code}"), ['src/record/save.cpp:2: no text for "lost"'], code)

    def test_is_content_with_known_keys_parameters_and_comments(self):
        self.assertEqual(self.found('problem(draft, "owner", "stale");  // not problem(draft, "lost")\n'
                                    'problem(field, "too_long", {{"max", std::to_string(most)}});\n'
                                    'problem(draft, field, key); row.text("lost"); text(language, key);\n'), [])

    def test_lets_a_behaviour_name_the_problems_of_its_object(self):
        self.write("modules/sales/quote/quote.json", '{"problems": {"no_lines": {"zh": "先添加明细", "en": "Add a line first"}}}')
        self.write("modules/sales/quote/quote.cpp", 'draft.problem(lines, "no_lines");\ndraft.problem(lines, "other");\n')
        self.assertEqual(check_texts.check(self.root), ['modules/sales/quote/quote.cpp:2: no text for "other"'])

    def test_tells_parameters_that_differ(self):
        self.write("src/base/texts.en.json", json.dumps({"stale": "Changed", "too_long": "Too long"}))
        self.assertEqual(check_texts.check(self.root), ["text too_long: parameters differ: max"])

    def test_holds_chinese_to_the_style_but_lets_words_be_words(self):
        for bad in ["请填写原因", "保存成功", "已完成！", "导入Excel"]:
            self.write("web/src/base/messages.zh.json", json.dumps({"key": bad}))
            self.assertEqual(len(check_texts.check(self.root)), 1, bad)
        for good in ["请求太多", "申请已提交", "成功概率", "导入 Excel", "YYYY年M月D日"]:
            self.write("web/src/base/messages.zh.json", json.dumps({"key": good}))
            self.assertEqual(check_texts.check(self.root), [], good)


if __name__ == "__main__":
    unittest.main()
