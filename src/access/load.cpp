#include "access/load.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/failure.hpp"
#include "base/json.hpp"
#include "base/log.hpp"

namespace gx::access {

using store::Row;
using store::Sql;

namespace {

RoleRights read_rights(std::string_view code, std::string_view text) {
    if (text.empty()) return {};
    try {
        return parse_role_rights(parse_json(text));
    } catch (const Failure& failure) {
        log::warning("a role has rights that cannot be read and grants nothing",
                     {{"role", code}, {"key", failure.key()}});
        return {};
    }
}

void sort_unique(std::vector<RecordId>& ids) {
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
}

// The same rights have the same version in every process.
std::int64_t version_of(const Grants& grants) {
    std::uint64_t hash = grants.rights->digest;
    const auto add = [&hash](std::uint64_t value) { hash = (hash ^ value) * 1099511628211u; };
    add(static_cast<std::uint64_t>(grants.employee.value));
    add(static_cast<std::uint64_t>(grants.department.value));
    for (const auto* ids : {&grants.team_members, &grants.departments, &grants.departments_below, &grants.subordinates,
                            &grants.grantees}) {
        for (const RecordId id : *ids) add(static_cast<std::uint64_t>(id.value));
        add(0);
    }
    for (const std::string& object : grants.shared_objects) add(std::hash<std::string>{}(object));
    return static_cast<std::int64_t>(hash >> 11);
}

// What is asked of the database to know one person: one statement each, all in one round trip. A company may run
// without teams, posts or a tree of departments: only what is declared is asked for.
class Loading {
public:
    Loading(const meta::Model& model, RecordId user, Timestamp now, const TimeZone& zone)
        : model_(model), user_(user), now_(now), zone_(zone), today_(number_of(zone.date_at(now))) {
        ask_account();
        ask_roles();
        ask_departments();
        ask_end_of_posts();
        ask_teams();
        ask_shares();
    }

    std::shared_ptr<Grants> run(store::Connection& connection, RoleBook& book) {
        grants_->user = user_;
        connection.query_many(statements_, [&](std::size_t index, const Row& row) {
            takes_[index](row, book);
            return true;
        });
        if (!known_) throw Failure(Failure::Kind::unauthenticated, "unauthenticated");
        if (grants_->employee) grants_->team_members.push_back(grants_->employee);
        if (grants_->employee) grants_->grantees.push_back(grants_->employee);
        if (grants_->department) {
            grants_->departments.push_back(grants_->department);
            grants_->departments_below.push_back(grants_->department);
            grants_->grantees.push_back(grants_->department);
        }
        for (auto* ids : {&grants_->team_members, &grants_->departments, &grants_->departments_below,
                          &grants_->subordinates, &grants_->grantees})
            sort_unique(*ids);
        return grants_;
    }

private:
    using Take = std::function<void(const Row&, RoleBook&)>;

    bool declares(std::string_view object, std::string_view field) const {
        const meta::Object* found = model_.find(object);
        return found && found->find(field);
    }

    // In the text, `?` stands for the user, `@` for now in milliseconds and `#` for the number of today.
    void ask(std::string text, Take take) {
        Sql sql;
        for (char& c : text) {
            if (c == '?') sql.bind(user_.value);
            if (c == '@') sql.bind(std::int64_t{now_.time_since_epoch().count()});
            if (c == '#') sql.bind(today_);
            if (c == '@' || c == '#') c = '?';
        }
        sql.text = std::move(text);
        statements_.push_back(std::move(sql));
        takes_.push_back(std::move(take));
    }

    static std::int64_t number_of(Date day) { return day.time_since_epoch().count(); }

    void end_at(Timestamp moment) {
        if (!grants_->valid_until || moment < *grants_->valid_until) grants_->valid_until = moment;
    }

    static Take into(std::vector<RecordId>& ids) {
        return [&ids](const Row& row, RoleBook&) { ids.push_back(RecordId{row.integer(0)}); };
    }

    // Of the person's main post and of the others that run today: departments or positions, as `mine(id)`.
    std::string of_posts(std::string_view column) const {
        const std::string name(column);
        std::string text = "select " + name + " as id from employee where id = " + std::string(employee_);
        if (declares("employee_post", column)) {
            text += " union select " + name +
                    " from employee_post where deleted_at is null and employee = " + std::string(employee_) +
                    " and (from_on is null or from_on <= #) and (until_on is null or until_on >= #)";
        }
        return text;
    }
    std::string departments_of_posts() const { return of_posts("department"); }

    // The next midnight at which a post begins or has ended.
    void ask_end_of_posts() {
        if (!declares("employee_post", "until_on")) return;
        const std::string mine =
            " from employee_post where deleted_at is null and employee = " + std::string(employee_) + " and ";
        ask("select min(day) from (select from_on as day" + mine + "from_on > # union all select until_on + 1" + mine +
                "until_on >= #) d",
            [this](const Row& row, RoleBook&) {
                if (!row.is_null(0)) end_at(zone_.start_of(Date(std::chrono::days(row.integer(0)))));
            });
    }

    void ask_account() {
        ask("select u.employee, e.department from \"user\" u left join employee e on e.id = u.employee "
            "where u.id = ? and u.deleted_at is null",
            [this](const Row& row, RoleBook&) {
                known_ = true;
                grants_->employee = RecordId{row.integer(0)};
                grants_->department = RecordId{row.integer(1)};
            });
    }

    void hold(const Row& row, RoleBook& book) {
        HeldRole held;
        held.code = row.text(0);
        held.role = RecordId{row.integer(1)};
        held.rights = book.role(held.code, std::string(row.text(2)));
        held.through = row.text(3);
        held.through_id = RecordId{row.integer(4)};
        if (!row.is_null(5)) {
            held.until = Timestamp(std::chrono::milliseconds(row.integer(5)));
            end_at(*held.until);
        }
        grants_->roles.push_back(std::move(held));
    }

    // Roles of the account itself, and those given to it, its departments (with those below, when so said), teams,
    // positions and level.
    void ask_roles() {
        const Take take = [this](const Row& row, RoleBook& book) { hold(row, book); };
        ask("select r.code, r.id, r.grants, 'user', l.record, null from user_roles l join role r on r.id = l.item "
            "where l.record = ? and r.deleted_at is null order by r.code",
            take);
        if (!declares("role_assignment", "role")) return;
        const std::string live = "a.deleted_at is null and r.deleted_at is null and (a.until is null or a.until > @)";
        const std::string start = " from role_assignment a join role r on r.id = a.role where " + live + " and ";
        const auto columns = [](std::string_view kind, std::string_view column) {
            return "select r.code, r.id, r.grants, '" + std::string(kind) + "', a." + std::string(column) + ", a.until";
        };
        ask(columns("user", "account") + start + "a.account = ?", take);
        ask("with recursive mine(id) as (" + departments_of_posts() +
                "), above(id, direct) as (select id, 1 from mine where id is not null union "
                "select d.parent, 0 from department d join above b on d.id = b.id where d.parent is not null) " +
                columns("department", "department") + start +
                "a.department in (select id from above where direct = 1 or a.below = 1)",
            take);
        if (declares("team", "members")) {
            ask(columns("team", "team") + start +
                    "a.team in (select m.record from team_members m join team t on t.id = m.record and t.deleted_at is "
                    "null where m.item = " +
                    std::string(employee_) + ")",
                take);
        }
        if (declares("employee", "position")) {
            ask("with mine(id) as (" + of_posts("position") + ") " + columns("position", "position") + start +
                    "a.position in (select id from mine where id is not null)",
                take);
        }
        if (declares("employee", "level") && declares("role_assignment", "level")) {
            ask(columns("employee_level", "level") + start +
                    "a.level = (select level from employee where id = " + std::string(employee_) + ")",
                take);
        }
    }

    void ask_departments() {
        if (declares("employee_post", "department")) ask(departments_of_posts(), into(grants_->departments));
        if (declares("department", "parent")) {
            ask("with recursive below(id) as (" + departments_of_posts() +
                    " union select d.id from department d join below b on d.parent = b.id) "
                    "select id from below where id is not null",
                into(grants_->departments_below));
            ask("with recursive above(id) as (" + departments_of_posts() +
                    " union select d.parent from department d join above b on d.id = b.id) "
                    "select id from above where id is not null",
                into(grants_->grantees));
        }
        if (declares("employee", "manager")) {
            ask("with recursive under(id) as (select id from employee where manager = " + std::string(employee_) +
                    " union select e.id from employee e join under u on e.manager = u.id) select id from under",
                into(grants_->subordinates));
        }
    }

    void ask_teams() {
        if (!declares("team", "members")) return;
        const std::string mine =
            "select m.record from team_members m join team t on t.id = m.record and "
            "t.deleted_at is null where m.item = " +
            std::string(employee_);
        ask(mine, into(grants_->grantees));
        ask("select item from team_members where record in (" + mine + ")", into(grants_->team_members));
    }

    // Most people have no record shared with them; whoever has none pays nothing for it in any list.
    void ask_shares() {
        std::string text = "with recursive above(id) as (" + departments_of_posts();
        if (declares("department", "parent"))
            text += " union select d.parent from department d join above b on d.id = b.id";
        text += "), mine(id) as (select id from above where id is not null union select " + std::string(employee_);
        if (declares("team", "members")) {
            text +=
                " union select m.record from team_members m join team t on t.id = m.record and t.deleted_at is "
                "null where m.item = " +
                std::string(employee_);
        }
        text += ") select distinct s.object from share s join mine on mine.id = s.grantee";
        ask(std::move(text), [this](const Row& row, RoleBook&) { grants_->shared_objects.emplace(row.text(0)); });
    }

    static constexpr std::string_view employee_ = "(select employee from \"user\" where id = ?)";
    const meta::Model& model_;
    const RecordId user_;
    const Timestamp now_;
    const TimeZone& zone_;
    const std::int64_t today_;
    std::shared_ptr<Grants> grants_ = std::make_shared<Grants>();
    bool known_ = false;
    std::vector<Sql> statements_;
    std::vector<Take> takes_;
};

}  // namespace

std::vector<store::Table> share_tables() {
    return {{"share",
             {{"id", false, true},
              {"object", true, true},
              {"record", false, true},
              {"grantee", false, true},
              {"kind", true, true},
              {"writes", false, true},
              {"until"},
              {"seen"},
              {"created_by"},
              {"created_at", false, true}},
             {"id"},
             {{"share_record", {"object", "record", "grantee"}, true},
              {"share_grantee", {"grantee", "object", "seen", "record", "until"}},
              {"share_until", {"until"}}}}};
}

std::shared_ptr<const RoleRights> RoleBook::role(const std::string& code, const std::string& text) {
    const std::lock_guard lock(mutex_);
    auto& known = roles_[text];
    if (!known) known = std::make_shared<const RoleRights>(read_rights(code, text));
    return known;
}

std::shared_ptr<const Rights> RoleBook::joined(const meta::Model& model, const std::vector<HeldRole>& roles) {
    std::vector<std::shared_ptr<const RoleRights>> key;
    std::vector<NamedRole> named;
    for (const HeldRole& held : roles) {
        if (std::any_of(named.begin(), named.end(), [&](const NamedRole& one) { return one.code == held.code; }))
            continue;  // the same role by two ways
        key.push_back(held.rights);
        named.push_back({held.code, held.rights.get()});
    }
    {
        const std::lock_guard lock(mutex_);
        if (const auto found = joined_.find(key); found != joined_.end()) return found->second;
    }
    std::shared_ptr<const Rights> rights = join(model, named);
    const std::lock_guard lock(mutex_);
    return joined_.emplace(std::move(key), std::move(rights)).first->second;
}

std::shared_ptr<const Grants> load_grants(store::Connection& connection, const meta::Model& model, RoleBook& book,
                                          RecordId user, Timestamp now, const TimeZone& zone) {
    const std::shared_ptr<Grants> grants = Loading(model, user, now, zone).run(connection, book);
    grants->rights = book.joined(model, grants->roles);
    grants->version = version_of(*grants);
    return grants;
}

std::shared_ptr<const Grants> GrantsCache::of(RecordId user) {
    const meta::ModelPtr model = model_();
    const Timestamp now = clock_.now();
    std::uint64_t generation = 0;
    std::shared_ptr<RoleBook> book;
    {
        const std::lock_guard lock(mutex_);
        if (model_version_ != model->version()) {
            grants_.clear();
            book_ = std::make_shared<RoleBook>();
            model_version_ = model->version();
        }
        if (const auto found = grants_.find(user);
            found != grants_.end() && (!found->second->valid_until || now < *found->second->valid_until))
            return found->second;
        generation = generation_;
        book = book_;
    }
    std::shared_ptr<const Grants> loaded;
    store_.read(
        [&](store::Connection& connection) { loaded = load_grants(connection, *model, *book, user, now, zone_); });
    const std::lock_guard lock(mutex_);
    if (generation == generation_ && model_version_ == model->version()) grants_[user] = loaded;
    return loaded;
}

bool GrantsCache::committed(std::string_view object) {
    static constexpr std::array<std::string_view, 7> organisation{
        "user", "role", "role_assignment", "employee", "team", "employee_post", "department"};
    if (std::find(organisation.begin(), organisation.end(), object) == organisation.end()) return false;
    clear();
    return true;
}

void GrantsCache::clear() {
    const std::lock_guard lock(mutex_);
    ++generation_;
    book_ = std::make_shared<RoleBook>();
    grants_.clear();
}

}  // namespace gx::access
