// What the command line, the environment and the configuration file say.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/server.hpp"
#include "store/store.hpp"

namespace gx::app {

// Thrown for a command line that cannot be understood; exit code 2.
class WrongArguments : public std::exception {
public:
    explicit WrongArguments(std::string what) : what_(std::move(what)) {}
    const char* what() const noexcept override { return what_.c_str(); }

private:
    std::string what_;
};

// "--name value", "--name=value", "--switch" and plain words, in order.
class Arguments {
public:
    // `with_value` and `switches` are the options that exist; anything else is WrongArguments.
    Arguments(const std::vector<std::string>& words, const std::vector<std::string>& with_value,
              const std::vector<std::string>& switches);

    std::optional<std::string> value(std::string_view name) const;
    bool has(std::string_view name) const;
    const std::vector<std::string>& words() const { return words_; }
    // The n-th plain word; `what` names it in the complaint.
    const std::string& word(std::size_t n, std::string_view what) const;
    void at_most(std::size_t words) const;

private:
    std::map<std::string, std::string, std::less<>> values_;
    std::vector<std::string> words_;
};

struct Settings {
    store::Settings store;
    net::ServerSettings server;
    std::string zone = "Asia/Shanghai";
    std::string currency = "CNY";
    unsigned node = 0;                  // 0..15, different for each process on one database
    int audit_months = 0;               // older entries of the audit go into signed files; 0: all stay in the database
    std::string mail_server;            // smtp://[USER:PASSWORD@]HOST[:PORT] or smtps://…; empty: no e-mail
    std::string sms_gateway;            // https://[TOKEN@]HOST[:PORT][/PATH]; empty: no SMS
    std::filesystem::path secret_file;  // empty: secret.key in the data folder

    // Of the key that seals what must not be readable in the database; the same for all processes on one database.
    std::filesystem::path key_file() const {
        return secret_file.empty() ? store.directory / "secret.key" : secret_file;
    }
};

// Order of precedence: command line, environment (GUANXI_DATA, GUANXI_DATABASE, GUANXI_LISTEN, GUANXI_SMTP,
// GUANXI_SMS, GUANXI_KEY_FILE), --config file, default. The file is JSON:
// {"data","database","listen","smtp","sms","key_file",
// "tls":{"certificate","key"},"time_zone","currency","node","trusted_proxies","audit_months"}.
Settings settings_of(const Arguments& arguments);
// The options settings_of() understands.
std::vector<std::string> setting_options();

}  // namespace gx::app
