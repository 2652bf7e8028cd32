// The parts that the demo company is put together from. All invented; none is taken from a corpus of real names.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

namespace gx::demo::words {

using std::string_view;

inline constexpr string_view company = "澜石自动化（苏州）有限公司";
inline constexpr string_view company_short = "澜石自动化";
inline constexpr std::array<std::pair<string_view, string_view>, 4> sales_regions{
    {{"HD", "华东"}, {"HN", "华南"}, {"HB", "华北"}, {"XB", "西部"}}};
inline constexpr std::array<string_view, 8> ordinals{"一", "二", "三", "四", "五", "六", "七", "八"};

inline constexpr std::array<string_view, 60> family_names{
    "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "胡", "朱", "高",
    "林", "何", "郭", "马", "罗", "梁", "宋", "郑", "谢", "韩", "唐", "冯", "于", "董", "萧",
    "程", "曹", "袁", "邓", "许", "傅", "沈", "曾", "彭", "吕", "苏", "卢", "蒋", "蔡", "贾",
    "丁", "魏", "薛", "叶", "阎", "余", "潘", "杜", "戴", "夏", "钟", "汪", "田", "任", "姜"};
inline constexpr std::array<string_view, 40> male{"伟", "强", "磊", "军", "洋", "勇", "杰", "涛", "明", "超",
                                                  "刚", "平", "辉", "鹏", "飞", "宇", "浩", "凯", "波", "斌",
                                                  "志", "建", "国", "文", "俊", "海", "峰", "龙", "亮", "翔",
                                                  "成", "鑫", "博", "林", "晨", "旭", "诚", "航", "毅", "恒"};
inline constexpr std::array<string_view, 40> female{"芳", "娜", "敏", "静", "丽", "艳", "娟", "霞", "玲", "燕",
                                                    "婷", "雪", "慧", "莹", "倩", "洁", "琳", "欣", "蕾", "岚",
                                                    "晓", "梦", "佳", "雅", "思", "语", "诗", "悦", "怡", "颖",
                                                    "文", "秀", "云", "月", "红", "玉", "兰", "萍", "菲", "瑶"};

inline constexpr std::array<string_view, 64> first{
    "华", "信", "星", "卓", "北", "远", "瑞", "蓝", "青", "海", "云", "百", "聚", "德", "金", "新",
    "明", "安", "天", "恒", "万", "宏", "盛", "嘉", "博", "思", "创", "联", "中", "东", "南", "凯",
    "锐", "启", "优", "精", "诚", "友", "光", "泰", "富", "利", "正", "大", "众", "和", "同", "兴",
    "长", "永", "通", "达", "飞", "腾", "佳", "美", "康", "润", "沃", "鼎", "铭", "晟", "睿", "昊"};
inline constexpr std::array<string_view, 64> second{
    "源", "达", "辰", "岳", "航", "澜", "格", "景", "禾", "川", "杉", "河", "力", "润", "穗", "桥",
    "教", "平", "工", "象", "峰", "图", "世", "业", "泽", "翔", "维", "科", "晖", "诺", "迅", "锋",
    "途", "品", "成", "泰", "宇", "隆", "昌", "茂", "邦", "瀚", "凌", "奇", "立", "方", "石", "洋",
    "林", "木", "光", "升", "腾", "跃", "驰", "能", "纳", "特", "易", "佳", "宝", "康", "生", "合"};
struct Trade {
    string_view name, industry;
};
inline constexpr std::array<Trade, 40> trades{{{"精密仪器", "instruments"},
                                               {"智造", "electronics"},
                                               {"汽车零部件", "automotive"},
                                               {"轨道装备", "rail_ship_air"},
                                               {"新材料", "new_materials"},
                                               {"电气", "electrical"},
                                               {"国际贸易", "wholesale"},
                                               {"食品", "food"},
                                               {"化工", "chemical"},
                                               {"医疗器械", "medical_devices"},
                                               {"环保设备", "environmental_protection"},
                                               {"包装制品", "packaging"},
                                               {"纺织机械", "special_equipment"},
                                               {"农业发展", "farming"},
                                               {"建材", "building_materials"},
                                               {"教育装备", "special_equipment"},
                                               {"数控刀具", "metal_products"},
                                               {"模具", "metal_products"},
                                               {"印务", "packaging"},
                                               {"物流科技", "storage"},
                                               {"电子", "electronics"},
                                               {"半导体", "electronics"},
                                               {"光电", "instruments"},
                                               {"软件", "software"},
                                               {"信息技术", "integration"},
                                               {"生物科技", "pharmaceutical"},
                                               {"制药", "pharmaceutical"},
                                               {"家居", "furniture"},
                                               {"机械", "machinery"},
                                               {"自动化设备", "special_equipment"},
                                               {"能源科技", "new_energy"},
                                               {"电缆", "electrical"},
                                               {"阀门", "machinery"},
                                               {"泵业", "machinery"},
                                               {"橡塑", "plastics"},
                                               {"陶瓷", "building_materials"},
                                               {"玻璃", "building_materials"},
                                               {"照明", "electrical"},
                                               {"传感技术", "instruments"},
                                               {"工程技术", "engineering_design"}}};
inline constexpr std::array<string_view, 4> forms{"有限公司", "有限公司", "股份有限公司", "有限责任公司"};

inline constexpr std::array<string_view, 7> levels{"key", "a", "a", "b", "b", "b", "c"};
inline constexpr std::array<string_view, 8> sources{"referral",  "exhibition", "website",  "search",
                                                    "cold_call", "visit",      "campaign", "partner"};
inline constexpr std::array<string_view, 5> tags{"strategic", "reference", "repeat", "price_sensitive", "long_cycle"};
inline constexpr std::array<string_view, 12> streets{
    "工业园区星澄路 ", "高新区科技大道 ", "经开区长江路 ", "产业园创新路 ", "开发区人民路 ", "新区金桥路 ",
    "中山北路 ",       "解放东路 ",       "建设大道 ",     "滨江路 ",       "文昌路 ",       "迎宾大道 "};
inline constexpr std::array<std::pair<string_view, string_view>, 4> contact_posts{
    {{"总经办", "总经理"}, {"采购部", "采购部经理"}, {"生产部", "生产副总"}, {"技术部", "技术总监"}}};
inline constexpr std::array<string_view, 4> decision_roles{"decider", "handler", "influencer", "user"};
inline constexpr std::array<string_view, 14> places{"二期产线", "新厂",     "总装线", "包装线",   "来料检验",
                                                    "精整线",   "实验室",   "成品仓", "老线改造", "出口线",
                                                    "样品车间", "注塑车间", "冲压线", "三期产线"};
inline constexpr std::array<string_view, 5> win_reasons{"product", "price", "relation", "service", "speed"};
inline constexpr std::array<string_view, 6> lose_reasons{"price",  "function",    "competitor",
                                                         "budget", "no_decision", "delivery"};
inline constexpr std::array<string_view, 8> next_steps{"电话确认预算", "提交方案", "安排样机测试", "约见技术负责人",
                                                       "发送报价单",   "商务谈判", "现场勘察",     "确认交付日期"};
inline constexpr std::array<string_view, 10> task_titles{
    "回访客户，了解使用情况", "发送产品资料", "准备报价",   "确认合同条款", "安排技术交流",
    "跟进样机测试结果",       "更新客户资料", "约下周拜访", "整理会议纪要", "催收尾款"};
inline constexpr std::array<string_view, 5> priorities{"urgent", "high", "normal", "normal", "low"};

struct Talk {
    string_view kind, subject, content;
};
inline constexpr std::array<Talk, 12> talks{
    {{"visit", "拜访生产负责人", "看了二期产线，检测工位由 6 个加到 10 个，要求年底前给出分期付款方案。"},
     {"call", "电话确认需求", "预算已经立项，下月开评审会，需要补充两份案例。"},
     {"mail", "发送方案初稿", "方案和配置清单已发，等对方技术部意见。"},
     {"meeting", "线上技术交流", "讨论接口和精度指标，对方提出增加追溯功能。"},
     {"demonstration", "现场演示", "样机演示顺利，误判率低于 0.2 %，对方认可速度。"},
     {"follow_up", "跟进报价反馈", "价格比竞品高一成，服务条款有优势，约下周再谈。"},
     {"call", "确认到货时间", "希望提前一周到货，已和生产部沟通。"},
     {"visit", "年度回访", "设备运行稳定，明年计划新增两条线。"},
     {"follow_up", "了解决策流程", "技术选型由副总拍板，采购走三家比价。"},
     {"meeting", "合同条款沟通", "付款方式改为 3-4-3，质保延长到 24 个月。"},
     {"mail", "寄送样品", "样品已寄出，单号已告知对方。"},
     {"call", "节后问候", "对方新财年预算下周批，届时再约。"}}};

// What is planned for today and the days after.
inline constexpr std::array<Talk, 6> plans{
    {{"visit", "现场勘察与需求确认", "带两份同行案例，确认检测节拍和安装空间。"},
     {"call", "电话确认投标时间", "招标文件已经拿到，确认答疑和开标日期。"},
     {"meeting", "视觉检测方案评审", "对方技术部、质量部参加，过一遍指标和接口。"},
     {"demonstration", "样机演示", "演示三种缺陷样件，准备误判率报告。"},
     {"visit", "二期验收后复盘", "讨论三期预算和交付顺序。"},
     {"call", "催问合同回签", "合同已寄出一周，确认盖章进度。"}}};

inline constexpr std::array<string_view, 4> product_categories{"视觉检测", "位移测量", "工业读码", "配件与服务"};
struct Product {
    string_view name, series;
    std::size_t category;
    std::int64_t price;
};
inline constexpr std::array<Product, 12> products{{{"视觉检测工位 V200", "V", 0, 168'000},
                                                   {"视觉检测工位 V500", "V", 0, 360'000},
                                                   {"薄膜缺陷检测系统", "V", 0, 860'000},
                                                   {"激光位移传感器 L10", "L", 1, 4'800},
                                                   {"激光位移传感器 L30", "L", 1, 9'600},
                                                   {"在线测厚仪 T8", "T", 1, 128'000},
                                                   {"固定式读码器 R5", "R", 2, 7'200},
                                                   {"手持读码器 R2", "R", 2, 2'600},
                                                   {"仓内体积测量系统", "R", 2, 295'000},
                                                   {"光源套件", "P", 3, 3'900},
                                                   {"年度维保服务", "S", 3, 36'000},
                                                   {"现场培训（两天）", "S", 3, 18'000}}};

}  // namespace gx::demo::words
