#include "demo/demo.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <numeric>
#include <random>

#include "base/failure.hpp"
#include "base/pinyin.hpp"
#include "demo/words.hpp"

namespace gx::demo {

namespace {

using record::Caller;
using record::Change;
using record::Records;

constexpr std::size_t batch_size = 2000;

struct Figures {
    std::size_t customers, contacts_each, opportunities, activities, tasks, salespeople, teams_a_region;
};
Figures figures_of(Size size) {
    switch (size) {
        case Size::small:
            return {600, 2, 480, 1600, 120, 24, 2};
        case Size::hundred_thousand:
            return {100'000, 2, 100'000, 60'000, 2'000, 120, 5};
        case Size::million:
            return {1'000'000, 2, 1'000'000, 200'000, 5'000, 190, 8};
        case Size::five_million:
            return {5'000'000, 2, 5'000'000, 500'000, 10'000, 190, 8};
    }
    return {};
}

struct Colleague {
    RecordId id, department;
    std::string name;
};

class Maker {
public:
    Maker(Records& records, const Caller& caller, Size size, std::function<bool(std::int64_t, std::int64_t)> progress)
        : records_(records),
          caller_(caller),
          figures_(figures_of(size)),
          progress_(std::move(progress)),
          today_(caller.zone->date_at(records.parts().clock.now())) {
        all_ = static_cast<std::int64_t>(figures_.customers * (1 + figures_.contacts_each) + figures_.opportunities +
                                         figures_.activities + figures_.tasks);
    }

    Made make() {
        make_company();
        make_people();
        make_products();
        read_shipped();
        make_customers();
        make_activities();
        make_plans();
        make_tasks();
        return made_;
    }

private:
    // The engine's own numbers only (no library distributions): they are the same on every platform.
    std::size_t pick(std::size_t count) { return count == 0 ? 0 : static_cast<std::size_t>(random_() % count); }
    template <class List>
    auto& one_of(List& list) {
        return list[pick(std::size(list))];
    }
    bool chance(unsigned percent) { return random_() % 100 < percent; }

    std::vector<RecordId> save(std::vector<Change>& changes) {
        for (std::size_t i = 0; i < changes.size(); ++i) changes[i].row = i;
        record::SaveOptions options;
        options.operation = "create";
        const record::Saved saved = records_.save(caller_, changes, options);
        changes.clear();
        return saved.ids;
    }
    RecordId save_one(std::string object, std::vector<std::pair<std::string, Value>> values) {
        std::vector<Change> one{{std::move(object), {}, {}, std::move(values), false, false, 0}};
        return save(one).front();
    }
    void tell(std::size_t more) {
        done_ += static_cast<std::int64_t>(more);
        if (!progress_(done_, all_)) throw Failure(Failure::Kind::conflict, "cancelled");
    }

    std::vector<RecordId> ids_where(const std::string& object, json::value filter) {
        std::vector<RecordId> ids;
        record::ListQuery query;
        query.object = object;
        query.filter = std::move(filter);
        query.sort = {{"id", false}};
        query.fields = {"id"};
        records_.each(caller_, query, [&](RecordId id, std::span<const Value>) {
            ids.push_back(id);
            return true;
        });
        return ids;
    }
    RecordId id_where(const std::string& object, const std::string& field, const std::string& value) {
        const auto ids = ids_where(object, json::array{field, "is", value});
        ensure(!ids.empty(), "shipped record " + object + " " + value);
        return ids.front();
    }

    void make_company() {
        made_.company = words::company;
        // The own company is shipped as one record that waits for its name.
        std::vector<Change> company{{"company",
                                     ids_where("company", nullptr).at(0),
                                     {},
                                     {{"name", std::string(words::company)},
                                      {"short_name", std::string(words::company_short)},
                                      {"phone", std::string("0512-66218000")}},
                                     false,
                                     false,
                                     0}};
        save(company);
        head_office_ = department("HQ", std::string(words::company_short), {}, "head_company");
        sales_ = department("XS", "销售中心", head_office_);
        for (const auto& [code, name] :
             {std::pair{"SC", "市场部"}, {"KF", "客户服务部"}, {"JS", "技术支持部"}, {"XX", "信息部"}}) {
            offices_[code] = department(code, name, head_office_);
        }
        for (const auto& [code, name] : words::sales_regions) {
            const RecordId region = department(std::string(code), std::string(name) + "大区", sales_, "branch");
            regions_.push_back(region);
            for (std::size_t i = 0; i < figures_.teams_a_region; ++i) {
                branches_.push_back(
                    {region, department(std::string(code) + std::to_string(i + 1),
                                        std::string(name) + std::string(words::ordinals[i]) + "部", region)});
            }
        }
    }
    RecordId department(const std::string& code, const std::string& name, RecordId parent,
                        const std::string& kind = "department") {
        std::vector<std::pair<std::string, Value>> values{{"code", code}, {"name", name}, {"kind", kind}};
        if (parent) values.emplace_back("parent", parent);
        return save_one("department", std::move(values));
    }

    RecordId employee(const std::string& name, RecordId department, RecordId manager, const std::string& sex,
                      const std::string& position) {
        std::vector<std::pair<std::string, Value>> values{
            {"name", name}, {"department", department}, {"position", id_where("position", "code", position)},
            {"sex", sex},   {"mobile", mobile()},       {"entered_on", today_ - std::chrono::days(200 + pick(2500))}};
        if (manager) values.emplace_back("manager", manager);
        const std::string mail = pinyin_full(name, PinyinOf::person);
        values.emplace_back("email", mail + std::to_string(++mails_) + "@lanshi.example");
        return save_one("employee", std::move(values));
    }

    void account(const std::string& name, const std::string& role, RecordId department, RecordId manager,
                 const std::string& sex, const std::string& position, Colleague* colleague = nullptr) {
        const RecordId person = employee(name, department, manager, sex, position);
        if (colleague != nullptr) *colleague = {person, department, name};
        const std::string login = pinyin_full(name, PinyinOf::person);
        const RecordId user = save_one("user", {{"login", login},
                                                {"employee", person},
                                                {"roles", Ids{id_where("role", "code", role)}},
                                                {"status", std::string("active")}});
        made_.people.push_back({user, login, name, role});
    }

    void make_people() {
        Colleague chief, head, account_manager, salesperson, regional;
        account("陈国栋", "decision_maker", head_office_, {}, "male", "general_manager", &chief);
        account("赵启明", "department_head", regions_.front(), chief.id, "male", "sales_director", &head);
        account("孙晓芸", "regional_manager", regions_.back(), chief.id, "female", "regional_manager", &regional);
        account("王珂", "account_manager", branches_.front().second, head.id, "male", "account_manager",
                &account_manager);
        account("林晓岚", "salesperson", branches_.front().second, account_manager.id, "female", "salesperson",
                &salesperson);
        account("许静", "marketing", offices_.at("SC"), chief.id, "female", "marketing_specialist");
        account("周凯", "service_agent", offices_.at("KF"), chief.id, "male", "service_agent");
        account("何磊", "technical_support", offices_.at("JS"), chief.id, "male", "support_engineer");
        account("吴昊", "administrator", offices_.at("XX"), chief.id, "male", "it_administrator");
        sellers_ = {salesperson, account_manager};
        for (std::size_t i = sellers_.size(); i < figures_.salespeople; ++i) {
            const bool female = chance(45);
            const auto& [region, branch] = branches_[i % branches_.size()];
            const std::string name = person_name(female);
            const RecordId manager = region == regions_.back() ? regional.id : head.id;
            sellers_.push_back(
                {employee(name, branch, manager, female ? "female" : "male", "salesperson"), branch, name});
        }
        save_one("team", {{"name", std::string("重点客户组")},
                          {"leader", account_manager.id},
                          {"members", Ids{account_manager.id, salesperson.id, sellers_.back().id}}});
        // Somebody leads each part, and one of the heads looks after a second region for the time being.
        lead(head_office_, chief.id, {head.id});
        lead(sales_, head.id, {regional.id});
        lead(regions_.front(), head.id, {account_manager.id});
        lead(regions_.back(), regional.id, {});
        lead(branches_.front().second, account_manager.id, {});
        save_one("employee_post", {{"employee", regional.id},
                                   {"department", regions_.at(1)},
                                   {"position", id_where("position", "code", "regional_manager")},
                                   {"from_on", today_ - std::chrono::days(60)},
                                   {"note", std::string("代理")}});
    }

    void lead(RecordId department, RecordId head, const Ids& deputies) {
        std::vector<Change> change{{"department", department, {}, {{"head", head}}, false, false, 0}};
        if (!deputies.empty()) change.front().values.emplace_back("deputies", deputies);
        records_.save(caller_, change, {});
    }

    void make_products() {
        std::vector<Change> changes;
        std::vector<RecordId> categories;
        for (const std::string_view name : words::product_categories)
            categories.push_back(save_one("product_category", {{"name", std::string(name)}}));
        for (const auto& product : words::products) {
            prices_.push_back(product.price);
            changes.push_back({"product",
                               {},
                               {},
                               {{"name", std::string(product.name)},
                                {"category", categories[product.category]},
                                {"price", money(product.price)},
                                {"series", std::string(product.series)}},
                               false,
                               false,
                               0});
        }
        products_ = save(changes);
    }

    void read_shipped() {
        for (const words::Trade& trade : words::trades)
            industries_.push_back(id_where("industry", "code", std::string(trade.industry)));
        record::ListQuery query;
        query.object = "region";
        query.filter =
            json::value{{"and", json::array{json::array{"kind", "is", "city"}, json::array{"parent", "not_empty"}}}};
        query.sort = {{"id", false}};
        query.fields = {"name"};
        records_.each(caller_, query, [&](RecordId id, std::span<const Value> values) {
            const auto* name = std::get_if<std::string>(&values[0]);
            constexpr std::string_view suffix = "市";
            if (name != nullptr && name->ends_with(suffix) && name->size() == 9)
                cities_.emplace_back(id, name->substr(0, name->size() - suffix.size()));
            return true;
        });
        ensure(!industries_.empty() && cities_.size() > 50, "shipped industries and cities");
        for (const char* code : {"prospecting", "needs_analysis", "proposal", "negotiation", "won", "lost"})
            stages_.push_back(id_where("stage", "code", code));
    }

    // Every number below the product of all part lists gives another name; the step visits them in no visible order.
    std::string customer_name(std::uint64_t number, std::size_t& city, std::size_t& trade_place) const {
        const std::uint64_t places = cities_.size();
        const std::uint64_t all = places * words::first.size() * words::second.size() * words::trades.size();
        std::uint64_t step = 2'654'435'761;
        while (std::gcd(step, all) != 1) ++step;
        std::uint64_t rest = number * step % all;
        city = static_cast<std::size_t>(rest % places);
        rest /= places;
        const std::string_view first = words::first[rest % words::first.size()];
        rest /= words::first.size();
        const std::string_view second = words::second[rest % words::second.size()];
        rest /= words::second.size();
        trade_place = static_cast<std::size_t>(rest % words::trades.size());
        const std::string_view trade = words::trades[trade_place].name;
        const std::string_view form = words::forms[(number * 7 + city) % words::forms.size()];
        return number % 3 == 0 ? std::string(first) + std::string(second) + std::string(trade) + "（" +
                                     cities_[city].second + "）" + std::string(form)
                               : cities_[city].second + std::string(first) + std::string(second) + std::string(trade) +
                                     std::string(form);
    }

    void make_customers() {
        for (std::size_t begin = 0; begin < figures_.customers; begin += batch_size / 2) {
            const std::size_t count = std::min(batch_size / 2, figures_.customers - begin);
            std::vector<Change> changes;
            std::vector<std::size_t> owners;
            std::vector<std::string> names;
            for (std::size_t i = 0; i < count; ++i) {
                owners.push_back(pick_owner());
                std::size_t city = 0, trade = 0;
                names.push_back(customer_name(begin + i, city, trade));
                changes.push_back(customer(names.back(), city, trade, owners.back()));
            }
            const std::vector<RecordId> customers = save(changes);
            made_.customers += static_cast<std::int64_t>(count);
            tell(count);
            if (begin == 0) first_customers_ = customers;
            for (std::size_t i = 0; i < count; ++i) {
                if (begin == 0) first_owners_.push_back(owners[i]);
                for (std::size_t person = 0; person < figures_.contacts_each; ++person)
                    changes.push_back(contact(customers[i], owners[i], person));
            }
            const std::vector<RecordId> contacts = save(changes);
            made_.contacts += static_cast<std::int64_t>(contacts.size());
            tell(contacts.size());
            if (begin == 0) first_contacts_ = contacts;
            const std::size_t opportunities =
                std::min(count, figures_.opportunities -
                                    std::min(figures_.opportunities, static_cast<std::size_t>(made_.opportunities)));
            for (std::size_t i = 0; i < opportunities; ++i)
                changes.push_back(opportunity(customers[i], contacts[i * figures_.contacts_each], owners[i]));
            if (changes.empty()) continue;
            const std::vector<RecordId> made = save(changes);
            if (begin == 0) first_opportunities_ = made;
            made_.opportunities += static_cast<std::int64_t>(made.size());
            tell(made.size());
        }
    }

    // In the small company the one who signs in first has more to look at.
    std::size_t pick_owner() {
        const std::size_t owner = pick(sellers_.size());
        return figures_.customers < 1000 && chance(8) ? 0 : owner;
    }

    Change customer(const std::string& name, std::size_t city, std::size_t trade, std::size_t owner) {
        const std::int64_t revenue = static_cast<std::int64_t>(1 + pick(60)) * (chance(15) ? 10'000'000 : 1'000'000) +
                                     static_cast<std::int64_t>(pick(1'000'000));
        const auto status = pick(10);
        Change change{
            "customer",
            {},
            {},
            {{"name", name},
             {"status", std::string(status < 4   ? "potential"
                                    : status < 8 ? "formal"
                                    : status < 9 ? "signed"
                                                 : "given_up")},
             {"type", std::string(status < 4 ? "potential" : "existing")},
             {"level", std::string(one_of(words::levels))},
             {"industry", industries_[trade]},
             {"source", std::string(one_of(words::sources))},
             {"phone", "0" + std::to_string(510 + pick(80)) + "-" + std::to_string(60'000'000 + pick(29'999'999))},
             {"address", Address{cities_[city].first,
                                 std::string(one_of(words::streets)) + std::to_string(1 + pick(988)) + " 号"}},
             {"employees", Decimal{static_cast<std::int64_t>(20 + pick(1800)), 0}},
             {"annual_revenue", money(revenue)},
             {"founded_on", today_ - std::chrono::days(700 + pick(9000))},
             {"legal_person", person_name(chance(30))},
             {"registered_capital", money(static_cast<std::int64_t>(1 + pick(50)) * 1'000'000)},
             {"owner", sellers_[owner].id}},
            false,
            false,
            0};
        if (chance(12)) change.values.emplace_back("tags", Codes{std::string(one_of(words::tags))});
        if (status != 9 && chance(60))
            change.values.emplace_back("next_follow_on", today_ + std::chrono::days(pick(28)) - std::chrono::days(4));
        return change;
    }

    Change contact(RecordId customer, std::size_t owner, std::size_t number) {
        const bool female = chance(40);
        const std::string name = person_name(female);
        return {"contact",
                {},
                {},
                {{"name", name},
                 {"customer", customer},
                 {"sex", std::string(female ? "female" : "male")},
                 {"department", std::string(words::contact_posts[number % words::contact_posts.size()].first)},
                 {"position", std::string(words::contact_posts[number % words::contact_posts.size()].second)},
                 {"decision_role", std::string(words::decision_roles[number % words::decision_roles.size()])},
                 {"mobile", mobile()},
                 {"email", pinyin_full(name, PinyinOf::person) + std::to_string(pick(10'000)) + "@customer.example"},
                 {"owner", sellers_[owner].id}},
                false,
                false,
                0};
    }

    Change opportunity(RecordId customer, RecordId contact, std::size_t owner) {
        const std::size_t product = pick(products_.size());
        const std::size_t roll = pick(100);
        // Two years of history: half of the deals are over, the open ones are young.
        const std::size_t stage = roll < 13 ? 0 : roll < 27 ? 1 : roll < 39 ? 2 : roll < 47 ? 3 : roll < 80 ? 4 : 5;
        const bool over = stage >= 4;
        const Date engaged = today_ - std::chrono::days(over ? 60 + pick(670) : 3 + pick(110));
        Change change{"opportunity",
                      {},
                      {},
                      {{"name", std::string(one_of(words::places)) + std::string(words::products[product].name)},
                       {"customer", customer},
                       {"contact", contact},
                       {"product", products_[product]},
                       {"stage", stages_[stage]},
                       {"amount", money(prices_[product] * static_cast<std::int64_t>(1 + pick(12)))},
                       {"engaged_on", engaged},
                       {"source", std::string(one_of(words::sources))},
                       {"owner", sellers_[owner].id}},
                      false,
                      false,
                      0};
        if (over) {
            const Date closed = std::min(today_ - std::chrono::days(1), engaged + std::chrono::days(10 + pick(120)));
            change.values.emplace_back("closed_on", closed);
            change.values.emplace_back("close_on", closed);
            change.values.emplace_back(
                stage == 4 ? "win_reason" : "lose_reason",
                std::string(stage == 4 ? one_of(words::win_reasons) : one_of(words::lose_reasons)));
        } else {
            change.values.emplace_back("close_on", today_ + std::chrono::days(pick(90)) - std::chrono::days(8));
            change.values.emplace_back("next_step", std::string(one_of(words::next_steps)));
            change.values.emplace_back("next_on", today_ + std::chrono::days(pick(14)) - std::chrono::days(3));
        }
        return change;
    }

    // Activities belong to the customers of the first batch: those are the ones that a visitor opens.
    void make_activities() {
        std::vector<Change> changes;
        for (std::size_t i = 0; i < figures_.activities; ++i) {
            const std::size_t at = pick(first_customers_.size());
            const auto& talk = one_of(words::talks);
            const std::size_t days = 1 + pick(chance(40) ? 28 : 600);
            const auto when = at_work(today_ - std::chrono::days(days));
            changes.push_back(
                {"activity",
                 {},
                 {},
                 {{"kind", std::string(talk.kind)},
                  {"subject", std::string(talk.subject)},
                  {"content", std::string(talk.content)},
                  {"at", when},
                  {"state", std::string("done")},
                  {"customer", first_customers_[at]},
                  {"contacts", Ids{first_contacts_[at * figures_.contacts_each + pick(figures_.contacts_each)]}},
                  {"owner", sellers_[first_owners_[at]].id}},
                 false,
                 false,
                 0});
            // What was said long ago was said before there was a deal.
            if (days <= 28 && at < first_opportunities_.size())
                changes.back().values.emplace_back("opportunity", first_opportunities_[at]);
            if (changes.size() >= batch_size / 4 || i + 1 == figures_.activities) {
                const std::size_t count = changes.size();
                save(changes);
                made_.activities += static_cast<std::int64_t>(count);
                tell(count);
            }
        }
    }

    // What the first two have before them: a day with appointments, and some later in the week.
    void make_plans() {
        std::vector<Change> changes;
        for (std::size_t i = 0; i < 2 * words::plans.size(); ++i) {
            const std::size_t seller = i % 2;
            const auto found = std::ranges::find(first_owners_, seller);
            if (found == first_owners_.end()) continue;
            std::size_t at = pick(first_customers_.size());
            while (first_owners_[at] != seller) at = (at + 1) % first_customers_.size();
            const words::Talk& plan = words::plans[i / 2];
            const Date day = today_ + std::chrono::days(i < 6 ? 0 : pick(6));
            changes.push_back({"activity",
                               {},
                               {},
                               {{"kind", std::string(plan.kind)},
                                {"subject", std::string(plan.subject)},
                                {"content", std::string(plan.content)},
                                {"at", at_work(day)},
                                {"state", std::string("planned")},
                                {"customer", first_customers_[at]},
                                {"contacts", Ids{first_contacts_[at * figures_.contacts_each]}},
                                {"owner", sellers_[seller].id}},
                               false,
                               false,
                               0});
        }
        save(changes);
    }

    void make_tasks() {
        std::vector<Change> changes;
        for (std::size_t i = 0; i < figures_.tasks; ++i) {
            const std::size_t at = pick(first_customers_.size());
            changes.push_back({"task",
                               {},
                               {},
                               {{"title", std::string(one_of(words::task_titles))},
                                {"customer", first_customers_[at]},
                                {"priority", std::string(one_of(words::priorities))},
                                {"due_on", today_ + std::chrono::days(pick(21)) - std::chrono::days(5)},
                                {"owner", sellers_[i % 5 == 0 ? 0 : first_owners_[at]].id}},
                               false,
                               false,
                               0});
            if (changes.size() >= batch_size || i + 1 == figures_.tasks) {
                const std::size_t count = changes.size();
                save(changes);
                made_.tasks += static_cast<std::int64_t>(count);
                tell(count);
            }
        }
    }

    std::string person_name(bool female) {
        std::string name(one_of(words::family_names));
        name += female ? one_of(words::female) : one_of(words::male);
        if (chance(45)) name += female ? one_of(words::female) : one_of(words::male);
        return name;
    }
    std::string mobile() {
        static constexpr std::array<std::string_view, 6> prefixes{"138", "139", "136", "158", "186", "177"};
        return std::string(one_of(prefixes)) + std::to_string(10'000'000 + pick(89'999'999));
    }
    // Between nine and six, on the quarter of an hour.
    Timestamp at_work(Date day) {
        return caller_.zone->start_of(day) + std::chrono::hours(9) + std::chrono::minutes(15 * pick(36));
    }
    Money money(std::int64_t amount) const { return {Decimal{amount * 100, 2}, records_.parts().currency}; }

    Records& records_;
    const Caller& caller_;
    const Figures figures_;
    std::function<bool(std::int64_t, std::int64_t)> progress_;
    const Date today_;
    std::mt19937_64 random_{20'260'101};
    std::int64_t done_ = 0, all_ = 0;
    std::size_t mails_ = 0;
    Made made_;
    RecordId head_office_, sales_;
    std::map<std::string, RecordId> offices_;
    std::vector<RecordId> regions_;
    std::vector<std::pair<RecordId, RecordId>> branches_;  // region, branch
    std::vector<Colleague> sellers_;
    std::vector<RecordId> products_, industries_, stages_;
    std::vector<std::int64_t> prices_;
    std::vector<std::pair<RecordId, std::string>> cities_;
    std::vector<RecordId> first_customers_, first_contacts_, first_opportunities_;
    std::vector<std::size_t> first_owners_;
};

}  // namespace

std::optional<Size> parse_size(std::string_view text) {
    if (text == "small") return Size::small;
    if (text == "100k") return Size::hundred_thousand;
    if (text == "1m") return Size::million;
    if (text == "5m") return Size::five_million;
    return std::nullopt;
}

bool is_there(Records& records, const Caller& caller) {
    record::ListQuery query;
    query.object = "customer";
    return records.count(caller, query) > 0;
}

Made make(Records& records, const Caller& caller, Size size, std::function<bool(std::int64_t, std::int64_t)> progress) {
    return Maker(records, caller, size, std::move(progress)).make();
}

}  // namespace gx::demo
