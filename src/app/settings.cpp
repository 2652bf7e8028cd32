#include "app/settings.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/decimal.hpp"
#include "base/failure.hpp"
#include "base/json.hpp"
#include "features/messages/mailer.hpp"
#include "features/messages/sms_gateway.hpp"

namespace gx::app {

namespace {

unsigned number(const std::string& text, unsigned most, std::string_view what) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value > most) {
        throw WrongArguments(std::string(what) + " must be a number from 0 to " + std::to_string(most));
    }
    return value;
}

void listen_on(net::ServerSettings& server, const std::string& text) {
    const auto colon = text.rfind(':');
    if (colon == std::string::npos) throw WrongArguments("--listen needs HOST:PORT, for example 127.0.0.1:8080");
    server.address = text.substr(0, colon);
    if (server.address.size() > 2 && server.address.front() == '[')
        server.address = server.address.substr(1, server.address.size() - 2);
    server.port = static_cast<unsigned short>(number(text.substr(colon + 1), 65535, "the port of --listen"));
}

json::object config_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) throw WrongArguments("cannot read " + path);
    std::ostringstream text;
    text << in.rdbuf();
    try {
        const json::value parsed = parse_json_with_comments(text.str());
        if (!parsed.is_object()) throw WrongArguments(path + " must hold one JSON object");
        return parsed.get_object();
    } catch (const Failure& failure) {
        std::string where;
        for (const auto& [name, value] : failure.params()) where += " " + name + " " + value;
        throw WrongArguments(path + ": " + failure.key() + where);
    }
}

std::string text_of(const json::object& object, std::string_view name) {
    const json::value* member = object.if_contains(name);
    if (member == nullptr) return {};
    if (!member->is_string()) throw WrongArguments("configuration: " + std::string(name) + " must be text");
    return std::string(member->get_string());
}

}  // namespace

Arguments::Arguments(const std::vector<std::string>& words, const std::vector<std::string>& with_value,
                     const std::vector<std::string>& switches) {
    const auto known = [](const std::vector<std::string>& names, const std::string& name) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (!words[i].starts_with("--")) {
            words_.push_back(words[i]);
            continue;
        }
        const auto equals = words[i].find('=');
        const std::string name = words[i].substr(2, equals == std::string::npos ? std::string::npos : equals - 2);
        if (known(switches, name)) {
            if (equals != std::string::npos) throw WrongArguments("--" + name + " takes no value");
            values_[name] = "";
        } else if (known(with_value, name)) {
            if (equals != std::string::npos) {
                values_[name] = words[i].substr(equals + 1);
            } else if (i + 1 < words.size()) {
                values_[name] = words[++i];
            } else {
                throw WrongArguments("--" + name + " needs a value");
            }
        } else {
            throw WrongArguments("unknown option --" + name);
        }
    }
}

std::optional<std::string> Arguments::value(std::string_view name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? std::nullopt : std::optional(found->second);
}

bool Arguments::has(std::string_view name) const { return values_.find(name) != values_.end(); }

const std::string& Arguments::word(std::size_t n, std::string_view what) const {
    if (n >= words_.size()) throw WrongArguments("missing " + std::string(what));
    return words_[n];
}

void Arguments::at_most(std::size_t words) const {
    if (words_.size() > words) throw WrongArguments("unexpected argument " + words_[words]);
}

std::vector<std::string> setting_options() {
    return {"data", "listen", "database", "config", "node", "smtp", "sms", "key-file"};
}

Settings settings_of(const Arguments& arguments) {
    Settings settings;
    json::object file;
    if (const auto path = arguments.value("config")) file = config_file(*path);
    const auto first = [&](std::string_view option, const char* variable, std::string_view member,
                           std::string fallback) {
        if (auto value = arguments.value(option)) return *value;
        if (const char* value = std::getenv(variable); value != nullptr && *value != '\0') return std::string(value);
        if (std::string value = text_of(file, member); !value.empty()) return value;
        return fallback;
    };
    settings.store.directory = first("data", "GUANXI_DATA", "data", "data");
    settings.store.database = first("database", "GUANXI_DATABASE", "database", "sqlite");
    listen_on(settings.server, first("listen", "GUANXI_LISTEN", "listen", "127.0.0.1:8080"));
    settings.mail_server = first("smtp", "GUANXI_SMTP", "smtp", "");
    if (!settings.mail_server.empty() && !features::Mailer::can_read(settings.mail_server))
        throw WrongArguments("--smtp needs smtp://HOST[:PORT], smtps://HOST[:PORT] or smtp+plain://HOST[:PORT]");
    settings.sms_gateway = first("sms", "GUANXI_SMS", "sms", "");
    if (!settings.sms_gateway.empty() && !features::SmsGateway::can_read(settings.sms_gateway))
        throw WrongArguments("--sms needs https://HOST[:PORT][/PATH], or http:// for a gateway inside");
    settings.secret_file = first("key-file", "GUANXI_KEY_FILE", "key_file", "");
    if (const std::string zone = text_of(file, "time_zone"); !zone.empty()) settings.zone = zone;
    if (const std::string currency = text_of(file, "currency"); !currency.empty()) settings.currency = currency;
    if (!parse_currency(settings.currency))
        throw WrongArguments("configuration: unknown currency " + settings.currency);
    settings.node = number(first("node", "GUANXI_NODE", "node", "0"), 15, "--node");
    if (const json::value* tls = file.if_contains("tls"); tls != nullptr && tls->is_object()) {
        settings.server.certificate_file = text_of(tls->get_object(), "certificate");
        settings.server.key_file = text_of(tls->get_object(), "key");
    }
    if (const json::value* proxies = file.if_contains("trusted_proxies"); proxies != nullptr && proxies->is_array()) {
        for (const json::value& proxy : proxies->get_array()) {
            if (proxy.is_string()) settings.server.trusted_proxies.emplace_back(proxy.get_string());
        }
    }
    if (const json::value* months = file.if_contains("audit_months")) {
        // Half a year is what the law asks for where most of us live.
        constexpr std::int64_t least = 6, most = 1200;
        const std::int64_t* wanted = months->if_int64();
        if (wanted == nullptr || (*wanted != 0 && (*wanted < least || *wanted > most)))
            throw WrongArguments("configuration: audit_months must be 0, or from 6 to 1200");
        settings.audit_months = static_cast<int>(*wanted);
    }
    for (const auto& [name, value] : file) {
        constexpr std::string_view known[] = {"data", "database", "listen",          "smtp",
                                              "sms",  "key_file", "time_zone",       "currency",
                                              "node", "tls",      "trusted_proxies", "audit_months"};
        if (std::find(std::begin(known), std::end(known), std::string_view(name)) == std::end(known)) {
            throw WrongArguments("configuration: unknown setting " + std::string(name));
        }
    }
    return settings;
}

}  // namespace gx::app
