#include "features/directory/ldap.hpp"

#include <ldap.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>

#include "base/failure.hpp"
#include "base/text.hpp"

namespace gx::features {

namespace {

constexpr ber_int_t page_entries = 500;
constexpr std::size_t password_bytes_most = 1024;
const std::string no_value;
const std::vector<std::string> no_values;

std::string in_small_letters(std::string_view name) {
    std::string small(name);
    std::ranges::transform(small, small.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return small;
}

std::string_view why_of(int code) {
    switch (code) {
        case LDAP_CONNECT_ERROR:
            return "directory_certificate";
        case LDAP_SERVER_DOWN:
        case LDAP_TIMEOUT:
        case LDAP_TIMELIMIT_EXCEEDED:
        case LDAP_BUSY:
        case LDAP_UNAVAILABLE:
            return "directory_silent";
        case LDAP_INVALID_CREDENTIALS:
        case LDAP_INSUFFICIENT_ACCESS:
        case LDAP_INAPPROPRIATE_AUTH:
        case LDAP_STRONG_AUTH_REQUIRED:
        case LDAP_CONFIDENTIALITY_REQUIRED:
            return "directory_refuses";
        case LDAP_NO_SUCH_OBJECT:
        case LDAP_INVALID_DN_SYNTAX:
            return "directory_no_base";
        case LDAP_FILTER_ERROR:
            return "directory_filter";
        default:
            return "directory_trouble";
    }
}

struct Freed {
    void operator()(LDAPMessage* message) const { ldap_msgfree(message); }
    void operator()(LDAPControl* control) const { ldap_control_free(control); }
    void operator()(BerElement* element) const { ber_free(element, 0); }
    void operator()(char* text) const { ldap_memfree(text); }
    void operator()(berval** values) const { ldap_value_free_len(values); }
};
template <class T>
using Held = std::unique_ptr<T, Freed>;

// The library reads authorities from a file only; it is gone again when the connection knows them.
class AuthorityFile {
public:
    explicit AuthorityFile(std::string_view pem) {
        std::string name = (std::filesystem::temp_directory_path() / "guanxi-ca-XXXXXX").string();
        const int file = ::mkstemp(name.data());
        ensure(file >= 0, "a temporary file for a certificate");
        const bool written = ::write(file, pem.data(), pem.size()) == static_cast<ssize_t>(pem.size());
        ::close(file);
        name_ = name;
        ensure(written, "a temporary file for a certificate");
    }
    AuthorityFile(const AuthorityFile&) = delete;
    ~AuthorityFile() { ::unlink(name_.c_str()); }
    const std::string& name() const { return name_; }

private:
    std::string name_;
};

// The library writes in a way that ends the program (SIGPIPE) where the other side has closed. While this lives, this
// thread only gets an error.
class WithoutPipeSignal {
public:
    WithoutPipeSignal() {
        sigemptyset(&pipe_);
        sigaddset(&pipe_, SIGPIPE);
        sigset_t before;
        pthread_sigmask(SIG_BLOCK, &pipe_, &before);
        was_blocked_ = sigismember(&before, SIGPIPE) == 1;
    }
    WithoutPipeSignal(const WithoutPipeSignal&) = delete;
    ~WithoutPipeSignal() {
        if (was_blocked_) return;
        const timespec at_once{0, 0};
        while (sigtimedwait(&pipe_, nullptr, &at_once) > 0) {
        }
        pthread_sigmask(SIG_UNBLOCK, &pipe_, nullptr);
    }

private:
    sigset_t pipe_{};
    bool was_blocked_ = false;
};

// The socket of a connection, from the moment that it is there. The library has time limits of its own, but none while
// two sides agree on encryption, and none for who sends half of an encrypted piece: there it waits for ever.
class Line {
public:
    Line() {
        callbacks_.lc_add = &opened;
        callbacks_.lc_del = &closed;
        callbacks_.lc_arg = this;
    }
    Line(const Line&) = delete;

    ldap_conncb* callbacks() { return &callbacks_; }
    bool was_open() const {
        const std::lock_guard lock(mutex_);
        return was_open_;
    }
    bool was_cut() const {
        const std::lock_guard lock(mutex_);
        return cut_;
    }

    // While this lives a call runs; when it takes too long, the line is cut, and the call ends.
    class Watch {
    public:
        Watch(Line& line, std::chrono::milliseconds patience)
            : line_(line), end_(std::chrono::steady_clock::now() + patience), thread_([this] { wait(); }) {}
        Watch(const Watch&) = delete;
        ~Watch() {
            {
                const std::lock_guard lock(line_.mutex_);
                over_ = true;
            }
            wake_.notify_one();
            thread_.join();
        }

    private:
        void wait() {
            std::unique_lock lock(line_.mutex_);
            if (!wake_.wait_until(lock, end_, [this] { return over_; })) line_.cut();
        }

        const WithoutPipeSignal without_;
        Line& line_;
        std::chrono::steady_clock::time_point end_;
        bool over_ = false;
        std::condition_variable wake_;
        std::thread thread_;
    };

private:
    static int opened(LDAP*, Sockbuf* buffer, LDAPURLDesc*, sockaddr*, ldap_conncb* callbacks) {
        Line& line = *static_cast<Line*>(callbacks->lc_arg);
        const std::lock_guard lock(line.mutex_);
        ber_sockbuf_ctrl(buffer, LBER_SB_OPT_GET_FD, &line.socket_);
        line.was_open_ = true;
        return line.cut_ ? -1 : 0;
    }
    // Told of the end of the handle as well, then without a buffer.
    static void closed(LDAP*, Sockbuf*, ldap_conncb* callbacks) {
        Line& line = *static_cast<Line*>(callbacks->lc_arg);
        const std::lock_guard lock(line.mutex_);
        line.socket_ = -1;
    }
    void cut() {
        cut_ = true;
        if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
    }

    ldap_conncb callbacks_{};
    mutable std::mutex mutex_;
    ber_socket_t socket_ = -1;
    bool was_open_ = false, cut_ = false;
};

}  // namespace

const std::string& LdapEntry::first(std::string_view attribute) const {
    const auto& found = all(attribute);
    return found.empty() ? no_value : found.front();
}

const std::vector<std::string>& LdapEntry::all(std::string_view attribute) const {
    const auto found = values.find(in_small_letters(attribute));
    return found == values.end() ? no_values : found->second;
}

struct Ldap::State {
    Line line;  // outlives the connection, which tells it of its end
    LDAP* connection = nullptr;
    timeval patience{};

    ~State() {
        const WithoutPipeSignal without;
        if (connection != nullptr) ldap_unbind_ext_s(connection, nullptr, nullptr);
    }

    // A little longer than the library's own limits, which tell more.
    Line::Watch watched() { return {line, std::chrono::seconds(patience.tv_sec) + std::chrono::milliseconds(200)}; }

    [[noreturn]] void fail(int code) const {
        char* more = nullptr;
        if (connection != nullptr) ldap_get_option(connection, LDAP_OPT_DIAGNOSTIC_MESSAGE, static_cast<void*>(&more));
        const Held<char> held(more);
        std::string detail = ldap_err2string(code);
        if (more != nullptr && *more != '\0') detail += ": " + std::string(more);
        throw DirectoryTrouble{line.was_cut() ? "directory_silent" : why_of(code), detail.substr(0, 300)};
    }
    void check(int code) const {
        if (code != LDAP_SUCCESS) fail(code);
    }
    void set(int option, const void* value) const { check(ldap_set_option(connection, option, value)); }
    // Encryption that means something: by a certificate of this authority, or of those that the system trusts.
    void demand_trust(const std::string* authority) const {
        const int demand = LDAP_OPT_X_TLS_DEMAND;
        const int at_least = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2;
        const int as_client = 0;
        set(LDAP_OPT_X_TLS_REQUIRE_CERT, &demand);
        set(LDAP_OPT_X_TLS_PROTOCOL_MIN, &at_least);
        if (authority != nullptr) set(LDAP_OPT_X_TLS_CACERTFILE, authority->c_str());
        if (ldap_set_option(connection, LDAP_OPT_X_TLS_NEWCTX, &as_client) != LDAP_SUCCESS)
            throw DirectoryTrouble{"directory_certificate", "no certificate of an authority can be read"};
    }

    // One page, whole before anybody looks at it: its readers may ask more. Gives the cookie of the next one, empty
    // after the last.
    struct Page {
        int scope = LDAP_SCOPE_SUBTREE;
        ber_int_t size = page_entries;
        std::string cookie;
    };
    std::string read(const Question& question, const Page& page, std::vector<LdapEntry>& entries);
    LdapEntry entry_of(LDAPMessage* message) const;
};

Ldap::Ldap(const LdapAddress& address) : state_(std::make_unique<State>()) {
    State& state = *state_;
    const int begun = ldap_initialize(&state.connection, address.url.c_str());
    if (begun != LDAP_SUCCESS) throw DirectoryTrouble{"directory_address", ldap_err2string(begun)};
    const int version = LDAP_VERSION3;
    state.patience.tv_sec = address.patience.count();
    state.set(LDAP_OPT_PROTOCOL_VERSION, &version);
    state.set(LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
    state.set(LDAP_OPT_NETWORK_TIMEOUT, &state.patience);
    state.set(LDAP_OPT_TIMEOUT, &state.patience);
    state.set(LDAP_OPT_CONNECT_CB, state.line.callbacks());
    const bool secure = address.url.starts_with("ldaps://");
    std::optional<AuthorityFile> authority;
    if (!address.authority.empty()) authority.emplace(address.authority);
    if (address.start_tls || secure) state.demand_trust(authority ? &authority->name() : nullptr);

    const Line::Watch watch = state.watched();
    const int connected = ldap_connect(state.connection);
    // Where nobody answers, there is no socket either: the handshake failed where there was one.
    if (connected != LDAP_SUCCESS && secure && state.line.was_open()) state.fail(LDAP_CONNECT_ERROR);
    state.check(connected);
    if (!address.start_tls) return;
    const int secured = ldap_start_tls_s(state.connection, nullptr, nullptr);
    if (secured != LDAP_SUCCESS) state.fail(secured == LDAP_TIMEOUT ? secured : LDAP_CONNECT_ERROR);
}

Ldap::~Ldap() = default;
Ldap::Ldap(Ldap&&) noexcept = default;

bool Ldap::bind(std::string_view dn, std::string_view password) {
    if (password.empty() || password.size() > password_bytes_most || dn.empty()) return false;
    const std::string name(dn);
    std::string secret(password);
    berval credential{secret.size(), secret.data()};
    const Line::Watch watch = state_->watched();
    const int code =
        ldap_sasl_bind_s(state_->connection, name.c_str(), LDAP_SASL_SIMPLE, &credential, nullptr, nullptr, nullptr);
    switch (code) {
        case LDAP_INVALID_CREDENTIALS:
        case LDAP_NO_SUCH_OBJECT:  // a name that is not there, or cannot be one, is refused like a wrong password
        case LDAP_INVALID_DN_SYNTAX:
        case LDAP_INAPPROPRIATE_AUTH:    // no password at all
        case LDAP_CONSTRAINT_VIOLATION:  // too many tries
        case LDAP_UNWILLING_TO_PERFORM:  // some servers call disabled accounts so
        case LDAP_INSUFFICIENT_ACCESS:
            return false;
        default:
            state_->check(code);
            return true;
    }
}

LdapEntry Ldap::State::entry_of(LDAPMessage* message) const {
    LdapEntry entry;
    const Held<char> dn(ldap_get_dn(connection, message));
    if (dn) entry.dn = dn.get();
    BerElement* place = nullptr;
    char* name = ldap_first_attribute(connection, message, &place);
    const Held<BerElement> held(place);
    while (name != nullptr) {
        const Held<char> attribute(name);
        const Held<berval*> values(ldap_get_values_len(connection, message, name));
        auto& all = entry.values[in_small_letters(name)];
        for (berval** value = values.get(); value != nullptr && *value != nullptr; ++value)
            all.emplace_back((*value)->bv_val, (*value)->bv_len);
        name = ldap_next_attribute(connection, message, place);
    }
    return entry;
}

std::string Ldap::State::read(const Question& question, const Page& page, std::vector<LdapEntry>& entries) {
    std::string sent = page.cookie;
    berval cookie_value{sent.size(), sent.data()};
    LDAPControl* made = nullptr;
    check(ldap_create_page_control(connection, page.size, &cookie_value, 0, &made));
    const Held<LDAPControl> control(made);
    std::array<LDAPControl*, 2> controls{control.get(), nullptr};
    std::vector<char*> attributes;
    std::vector<std::string> names = question.attributes;
    for (std::string& name : names) attributes.push_back(name.data());
    attributes.push_back(nullptr);
    timeval limit = patience;
    LDAPMessage* raw = nullptr;
    const Line::Watch watch = watched();
    const int code = ldap_search_ext_s(connection, question.base.c_str(), page.scope, question.filter.c_str(),
                                       attributes.data(), 0, controls.data(), nullptr, &limit, LDAP_NO_LIMIT, &raw);
    const Held<LDAPMessage> answer(raw);
    check(code);
    for (LDAPMessage* one = ldap_first_entry(connection, raw); one != nullptr; one = ldap_next_entry(connection, one))
        entries.push_back(entry_of(one));
    LDAPControl** back = nullptr;
    int result = 0;
    check(ldap_parse_result(connection, raw, &result, nullptr, nullptr, nullptr, &back, 0));
    std::string next;
    berval given{};
    ber_int_t estimate = 0;
    if (LDAPControl* found = ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, back, nullptr);
        found != nullptr && ldap_parse_pageresponse_control(connection, found, &estimate, &given) == LDAP_SUCCESS) {
        next.assign(given.bv_val == nullptr ? "" : given.bv_val, given.bv_len);
        ber_memfree(given.bv_val);
    }
    if (back != nullptr) ldap_controls_free(back);
    return next;
}

void Ldap::each(const Question& question, const std::function<bool(LdapEntry)>& entry) {
    State::Page page;
    do {
        std::vector<LdapEntry> entries;
        page.cookie = state_->read(question, page, entries);
        for (LdapEntry& one : entries) {
            complete(one);
            if (!entry(std::move(one))) return;
        }
    } while (!page.cookie.empty());
}

std::vector<LdapEntry> Ldap::some(const Question& question, std::size_t most) {
    State::Page page;
    page.size = static_cast<ber_int_t>(most);
    std::vector<LdapEntry> found;
    state_->read(question, page, found);
    // A server that cannot give pages gave everything.
    if (found.size() > most) found.resize(most);
    return found;
}

void Ldap::complete(LdapEntry& entry) {
    std::vector<ValueRange> open;
    for (auto it = entry.values.begin(); it != entry.values.end();) {
        const auto range = range_of(it->first);
        if (!range) {
            ++it;
            continue;
        }
        auto part = std::move(it->second);
        it = entry.values.erase(it);
        entry.values[range->attribute] = std::move(part);
        if (range->next > 0) open.push_back(*range);
    }
    for (ValueRange& range : open) {
        auto& all = entry.values[range.attribute];
        while (range.next > 0) {
            const std::string wanted = range.attribute + ";range=" + std::to_string(range.next) + "-*";
            std::vector<LdapEntry> part;
            State::Page page;
            page.scope = LDAP_SCOPE_BASE;
            state_->read({entry.dn, "(objectClass=*)", {wanted}}, page, part);
            const std::size_t before = all.size();
            range.next = 0;
            for (const LdapEntry& one : part) {
                for (const auto& [name, values] : one.values) {
                    const auto given = range_of(name);
                    if (!given || given->attribute != range.attribute) continue;
                    all.insert(all.end(), values.begin(), values.end());
                    range.next = given->next;
                }
            }
            // Half a list would take roles away from who is in the other half.
            if (all.size() == before) throw DirectoryTrouble{"directory_trouble", "a list of values broke off"};
        }
    }
}

std::optional<ValueRange> range_of(std::string_view attribute) {
    constexpr std::string_view mark = ";range=";
    const std::size_t at = attribute.find(mark);
    if (at == std::string_view::npos) return std::nullopt;
    ValueRange range{std::string(attribute.substr(0, at)), 0};
    const std::string_view bounds = attribute.substr(at + mark.size());
    const std::size_t dash = bounds.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    const std::string_view last = bounds.substr(dash + 1);
    if (last == "*") return range;
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(last.data(), last.data() + last.size(), value);
    if (error != std::errc() || end != last.data() + last.size()) return std::nullopt;
    range.next = value + 1;
    return range;
}

std::string in_filter(std::string_view value) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '*' || c == '(' || c == ')' || c == '\\' || byte < 0x20 || byte >= 0x7f) {
            text += '\\';
            text += digits[byte >> 4];
            text += digits[byte & 15];
        } else {
            text += c;
        }
    }
    return text;
}

std::string readable_id(std::string_view value) {
    const bool text = is_valid_utf8(value) &&
                      std::ranges::none_of(value, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
    if (text) return std::string(value);
    constexpr std::string_view digits = "0123456789abcdef";
    std::string id;
    for (const char c : value) {
        id += digits[static_cast<unsigned char>(c) >> 4];
        id += digits[static_cast<unsigned char>(c) & 15];
    }
    return id;
}

}  // namespace gx::features
