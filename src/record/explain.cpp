// Why somebody may or may not do something with one record: every role is asked by itself, with the same SQL that
// decides in lists, so that an explanation cannot differ from what happens.
#include <array>
#include <utility>

#include "base/failure.hpp"
#include "base/json_writer.hpp"
#include "base/texts.hpp"
#include "record/listing.hpp"
#include "record/reach.hpp"
#include "record/state.hpp"
#include "record/titles.hpp"

namespace gx::record {

namespace {

struct SharedTo {
    RecordId grantee;
    std::string kind;
    bool writes = false;
};

class Explanation {
public:
    // `told` is who reads the explanation: names of accounts and teams are for him, not for the person asked about.
    Explanation(const Asking& asking, const Asking& told, const meta::Object& object, RecordId id, access::Verb verb,
                const meta::Field* field, Language language)
        : asking_(asking),
          grants_(*asking.caller.grants),
          object_(object),
          id_(id),
          verb_(verb),
          field_(field),
          language_(language),
          titles_(told) {}

    void run(store::Connection& connection, std::string& out) {
        ask(connection);
        for (const access::HeldRole& role : grants_.roles) titles_.want(role.through, role.through_id);
        for (const SharedTo& share : shares_) titles_.want(share.kind, share.grantee);
        titles_.read(connection);
        JsonWriter json(out);
        json.begin_object();
        const bool function = access::may(grants_, object_, verb_);
        const bool allowed = function && reached_ && (!field_ || field_allowed());
        json.key("allowed").boolean(allowed);
        json.key("steps").begin_array();
        write_function(json, function);
        if (function) write_record(json);
        if (field_) write_field(json);
        json.end_array().end_object();
    }

private:
    // The person with one of the roles only.
    Caller with_role(const access::HeldRole& role) const {
        auto alone = std::make_shared<access::Grants>(grants_);
        alone->rights = access::join(asking_.model, {{role.code, role.rights.get()}});
        alone->shared_objects.clear();
        Caller caller = asking_.caller;
        caller.grants = std::move(alone);
        return caller;
    }

    static Sql flag(const Sql& condition) {
        Sql out{"case when ", {}};
        out += condition;
        out += " then 1 else 0 end";
        return out;
    }

    // Does each role reach the record, do all together; and whom it is opened to. One statement each.
    void ask(store::Connection& connection) {
        Sql sql{"select ", {}};
        sql += flag(reach_sql(asking_, object_, access::rows(grants_, object_, verb_), "t"));
        std::vector<Caller> callers;
        for (const access::HeldRole& role : grants_.roles) callers.push_back(with_role(role));
        for (const Caller& caller : callers) {
            const Asking alone{asking_.model, caller, asking_.dialect, asking_.now, asking_.zone, asking_.currency};
            sql += ", ";
            sql += flag(reach_sql(alone, object_, access::rows(*caller.grants, object_, verb_), "t"));
        }
        sql += " from " + in_quotes(object_.name) + " t where t.id = ?";
        sql.bind(id_.value);
        bool found = false;
        connection.query(sql, [&](const store::Row& row) {
            found = true;
            reached_ = row.integer(0) != 0;
            for (std::size_t i = 0; i < callers.size(); ++i)
                reached_by_role_.push_back(row.integer(static_cast<int>(i) + 1) != 0);
            return false;
        });
        if (!found) throw not_found();
        if (!object_.owned || grants_.grantees.empty()) return;
        Sql shares{
            "select grantee, kind, writes from share where object = ? and record = ? and (until is null or until "
            "> ?) and ",
            {object_.name, id_.value, std::int64_t{asking_.now.time_since_epoch().count()}}};
        shares += in_list(asking_.dialect, "grantee", grants_.grantees);
        connection.query(shares, [&](const store::Row& row) {
            shares_.push_back({RecordId{row.integer(0)}, std::string(row.text(1)), row.integer(2) != 0});
            return true;
        });
    }

    bool field_allowed() const {
        const access::FieldMask mask = access::fields(grants_, object_);
        return verb_ == access::Verb::change ? mask.write[field_->index] : mask.shows(field_->index);
    }

    void begin_step(JsonWriter& json, std::string_view step, bool allowed, std::string_view key) {
        json.begin_object().key("step").string(step).key("allowed").boolean(allowed);
        json.key("text").string(text(language_, key, {}));
    }

    void begin_role(JsonWriter& json, const access::HeldRole& role) {
        json.begin_object().key("role").string(role.code);
        json.key("through").begin_object().key("kind").string(role.through);
        const std::string* title = titles_.find(role.through, role.through_id);
        json.key("title").string(title ? *title : std::string()).end_object();
    }

    void write_verb(JsonWriter& json, const access::HeldRole& role) {
        const auto* by_verb = role.rights->of(object_);
        const auto right = by_verb ? by_verb->find(verb_) : std::map<access::Verb, access::VerbRight>::const_iterator();
        const bool there = by_verb && right != by_verb->end();
        json.key("scope").string(there ? access::name_of(right->second.scope) : access::name_of(access::Scope::none));
        if (there && !right->second.where.empty()) json.key("where").string(right->second.where);
    }

    void write_function(JsonWriter& json, bool allowed) {
        const bool kept = !allowed && object_.kept_by_platform && access::may(grants_, object_, access::Verb::view);
        if (grants_.administrator() || kept) {
            begin_step(json, "function", allowed, kept ? "access_kept_by_platform" : "access_administrator");
            json.end_object();
            return;
        }
        begin_step(json, "function", allowed, allowed ? "access_has_function" : "access_no_right");
        json.key("roles").begin_array();
        for (const access::HeldRole& role : grants_.roles) {
            begin_role(json, role);
            write_verb(json, role);
            json.end_object();
        }
        json.end_array().end_object();
    }

    void write_record(JsonWriter& json) {
        if (grants_.administrator()) return;
        bool by_role = false;
        for (const bool reached : reached_by_role_) by_role = by_role || reached;
        const std::string_view key = !reached_ ? "access_out_of_reach"
                                     : by_role ? "access_in_scope"
                                               : "access_by_share";
        begin_step(json, "record", reached_, key);
        json.key("roles").begin_array();
        for (std::size_t i = 0; i < grants_.roles.size(); ++i) {
            begin_role(json, grants_.roles[i]);
            write_verb(json, grants_.roles[i]);
            json.key("reaches").boolean(reached_by_role_[i]).end_object();
        }
        json.end_array();
        json.key("shares").begin_array();
        for (const SharedTo& share : shares_) {
            const std::string* title = titles_.find(share.kind, share.grantee);
            json.begin_object().key("kind").string(share.kind);
            json.key("title").string(title ? *title : std::string());
            json.key("level").string(share.writes ? "write" : "read").end_object();
        }
        json.end_array().end_object();
    }

    void write_field(JsonWriter& json) {
        const access::FieldMask mask = access::fields(grants_, object_);
        const std::size_t index = field_->index;
        const std::string_view key = mask.write[index]    ? "access_field_write"
                                     : mask.read[index]   ? "access_field_read"
                                     : mask.masked[index] ? "access_field_masked"
                                                          : "access_field_hidden";
        begin_step(json, "field", field_allowed(), key);
        json.key("field").string(field_->name);
        json.key("roles").begin_array();
        for (const access::HeldRole& role : grants_.roles) {
            const std::shared_ptr<const access::Rights> alone =
                access::join(asking_.model, {{role.code, role.rights.get()}});
            begin_role(json, role);
            json.key("access").string(alone->administrator ? access::name_of(access::FieldAccess::write)
                                                           : access::name_of(alone->of(object_.name)->fields[index]));
            json.end_object();
        }
        json.end_array().end_object();
    }

    const Asking& asking_;
    const access::Grants& grants_;
    const meta::Object& object_;
    const RecordId id_;
    const access::Verb verb_;
    const meta::Field* field_;
    const Language language_;
    Titles titles_;
    bool reached_ = false;
    std::vector<bool> reached_by_role_;
    std::vector<SharedTo> shares_;
};

}  // namespace

void Records::explain(const Caller& subject, std::string_view object_name, RecordId id, access::Verb verb,
                      std::string_view field_name, Language language, std::string& out) const {
    const meta::ModelPtr model = state_->parts.model();
    const meta::Object& object = model->object(object_name);
    const meta::Field* field = nullptr;
    if (!field_name.empty()) {
        field = object.find(field_name);
        if (!field || field->hidden) throw bad_request("unknown_field", {{"field", std::string(field_name)}});
    }
    const std::size_t start = out.size();
    state_->parts.store.read([&](store::Connection& connection) {
        out.resize(start);
        const Asking asking = asking_for(*state_, *model, subject, connection.dialect());
        const Caller program{access::system_grants(), language, subject.zone, {}, {}};
        const Asking told = asking_for(*state_, *model, program, connection.dialect());
        Explanation(asking, told, object, id, verb, field, language).run(connection, out);
    });
}

std::vector<RecordId> Records::reached(const Caller& caller, std::string_view object_name,
                                       std::span<const RecordId> ids) const {
    const meta::ModelPtr model = state_->parts.model();
    const meta::Object& object = model->object(object_name);
    std::vector<RecordId> found;
    if (ids.empty() || !access::may(*caller.grants, object, access::Verb::view)) return found;
    state_->parts.store.read([&](store::Connection& connection) {
        found.clear();
        const Asking asking = asking_for(*state_, *model, caller, connection.dialect());
        Sql sql{"select t.id from " + in_quotes(object.name) + " t where ", {}};
        sql += in_list(asking.dialect, "t.id", std::vector<RecordId>(ids.begin(), ids.end()));
        sql += " and ";
        sql += reach_sql(asking, object, access::rows(*caller.grants, object, access::Verb::view), "t");
        connection.query(sql, [&](const store::Row& row) {
            found.push_back(RecordId{row.integer(0)});
            return true;
        });
    });
    return found;
}

}  // namespace gx::record
