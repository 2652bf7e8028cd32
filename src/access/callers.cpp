#include "access/callers.hpp"

#include "base/failure.hpp"

namespace gx::access {

Caller Callers::of(RecordId user) {
    Caller caller;
    caller.grants = grants_.of(user);
    caller.zone = zone_;
    {
        std::lock_guard lock(mutex_);
        if (const auto found = known_.find(user); found != known_.end()) {
            caller.login = found->second.login;
            caller.name = found->second.name;
            caller.language = found->second.language;
            return caller;
        }
    }
    std::optional<Known> known;
    store_.read([&](store::Connection& connection) {
        connection.query({"select u.login, e.name, s.value from \"user\" u left join employee e on e.id = u.employee "
                          "left join user_setting s on s.user_account = u.id and s.name = 'language' where u.id = ?",
                          {user.value}},
                         [&](const store::Row& row) {
                             known = Known{std::string(row.text(0)), std::string(row.text(1)),
                                           row.text(2) == "\"en\"" ? Language::en : Language::zh};
                             return false;
                         });
    });
    if (!known) throw Failure(Failure::Kind::unauthenticated, "unauthenticated");
    caller.login = known->login;
    caller.name = known->name.empty() ? known->login : known->name;
    caller.language = known->language;
    std::lock_guard lock(mutex_);
    known_[user] = std::move(*known);
    return caller;
}

void Callers::forget(RecordId user) {
    std::lock_guard lock(mutex_);
    known_.erase(user);
}

void Callers::clear() {
    std::lock_guard lock(mutex_);
    known_.clear();
}

}  // namespace gx::access
