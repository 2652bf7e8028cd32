// Other applications of the company that sign people in here: records of sso_application, with the digest of the secret
// that is kept beside them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "base/time.hpp"
#include "store/schema.hpp"
#include "store/store.hpp"

namespace gx::features {

struct Application {
    RecordId id{};
    std::string client_id{}, name{}, name_en{}, description{}, address{};
    std::vector<std::string> redirects{}, after_sign_out{};
    bool active = false, open_client = false, tells_email = false, tells_roles = false;
    std::string secret_digest{};  // empty: there is none

    bool knows(std::string_view redirect) const;  // letter by letter
    bool knows_after_sign_out(std::string_view address) const;
    // An application that can keep a secret proves itself by it; one that cannot must not send one.
    bool is_proved_by(std::string_view secret) const;
};

class Applications {
public:
    Applications(store::Store& store, const Clock& clock) : store_(store), clock_(clock) {}

    static std::vector<store::Table> tables();  // application_secret

    std::optional<Application> active(std::string_view client_id) const;
    std::optional<Application> find(RecordId id) const;  // also one that is not in use
    std::vector<Application> all() const;
    // In use, and open to one of these roles, in their order.
    std::vector<Application> open_to(const std::vector<RecordId>& roles) const;
    bool is_open_to(RecordId application, const std::vector<RecordId>& roles) const;

    std::string make_secret(RecordId application);  // shown once; the one before is void

private:
    std::vector<Application> read(const store::Sql& condition) const;

    store::Store& store_;
    const Clock& clock_;
};

}  // namespace gx::features
