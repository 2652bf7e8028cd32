#include <algorithm>
#include <utility>

#include "meta/loader.hpp"

namespace gx::meta {
namespace {

std::string step(std::string_view name) {
    std::string out = "/";
    for (const char c : name) {
        if (c == '~')
            out += "~0";
        else if (c == '/')
            out += "~1";
        else
            out += c;
    }
    return out;
}

}  // namespace

bool is_snake_case(std::string_view name) {
    if (name.empty() || name.front() < 'a' || name.front() > 'z' || name.back() == '_') return false;
    if (name.find("__") != std::string_view::npos) return false;
    return std::ranges::all_of(name,
                               [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

std::string in_quotes(std::string_view name) { return "'" + std::string(name) + "'"; }

Place Place::member(std::string_view key) const {
    Place place = *this;
    place.value_ = &object().at(key);
    place.pointer_ += step(key);
    return place;
}

Place Place::element(std::size_t index) const {
    Place place = *this;
    place.value_ = &value_->get_array().at(index);
    place.pointer_ += '/' + std::to_string(index);
    return place;
}

Place Place::called(std::string where) const {
    Place place = *this;
    place.where_ = std::move(where);
    return place;
}

void Place::mistake(std::string what) const { mistake_in_line(file_->lines.line(pointer_), std::move(what)); }

void Place::mistake_at(std::string_view key, std::string what) const {
    mistake_in_line(file_->lines.line(pointer_ + step(key)), std::move(what));
}

void Place::mistake_in_line(int line, std::string what) const {
    mistakes_->push_back({file_->name, line, where_.empty() ? std::move(what) : where_ + ": " + what});
}

bool Place::is_object(std::string_view what) const {
    if (value_->is_object()) return true;
    mistake(std::string(what) + " must be an object");
    return false;
}

void Place::allow(std::initializer_list<std::string_view> keys, std::string_view what) const {
    if (!value_->is_object()) return;
    for (const auto& entry : object())
        if (std::ranges::find(keys, std::string_view(entry.key())) == keys.end())
            mistake_at(entry.key(), "unknown " + std::string(what) + ' ' + in_quotes(entry.key()));
}

std::string Place::text(std::string_view key, bool required) const {
    if (!has(key)) {
        if (required) mistake(in_quotes(key) + " is missing");
        return {};
    }
    const json::value& in = object().at(key);
    if (in.is_string() && (!required || !in.get_string().empty())) return std::string(in.get_string());
    mistake_at(key, in_quotes(key) + " must be text");
    return {};
}

bool Place::flag(std::string_view key, bool otherwise) const {
    if (!has(key)) return otherwise;
    const json::value& in = object().at(key);
    if (in.is_bool()) return in.get_bool();
    mistake_at(key, in_quotes(key) + " must be true or false");
    return otherwise;
}

std::int64_t Place::integer(std::string_view key, std::int64_t least, std::int64_t most, std::int64_t otherwise) const {
    if (!has(key)) return otherwise;
    const json::value& in = object().at(key);
    if (in.is_int64() && in.get_int64() >= least && in.get_int64() <= most) return in.get_int64();
    mistake_at(
        key, in_quotes(key) + " must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return otherwise;
}

std::vector<std::string> Place::words(std::string_view key) const {
    std::vector<std::string> out;
    each_element(key, [&](const Place& place) {
        if (place.value().is_string())
            out.emplace_back(place.value().get_string());
        else
            place.mistake(in_quotes(key) + " must hold texts");
    });
    return out;
}

Label Place::label(std::string_view key, bool required) const {
    if (has(key)) {
        // An empty place name keeps the message at the member's own line.
        const Place place = member(key).called(where_.empty() ? std::string(key) : where_ + ": " + std::string(key));
        return place.as_label();
    }
    if (required) mistake(in_quotes(key) + " is missing");
    return {};
}

Label Place::as_label() const {
    Label label;
    if (!value_->is_object()) {
        mistake("must be {\"zh\": …, \"en\": …}");
        return label;
    }
    allow({"zh", "en"}, "language");
    for (const auto& [language, text] : {std::pair{"zh", &label.zh}, std::pair{"en", &label.en}}) {
        const json::value* in = object().if_contains(language);
        if (in && in->is_string() && !in->get_string().empty())
            *text = std::string(in->get_string());
        else
            mistake(std::string("no text in ") + language);
    }
    return label;
}

void Place::each_member(std::string_view key, const std::function<void(const std::string&, const Place&)>& use) const {
    if (!has(key)) return;
    const Place place = member(key);
    if (!place.value().is_object()) return place.mistake(in_quotes(key) + " must be an object");
    for (const auto& entry : place.object()) use(std::string(entry.key()), place.member(entry.key()));
}

void Place::each_element(std::string_view key, const std::function<void(const Place&)>& use) const {
    if (!has(key) || object().at(key).is_null()) return;
    const Place place = member(key);
    if (!place.value().is_array()) return place.mistake(in_quotes(key) + " must be a list");
    for (std::size_t i = 0; i < place.value().get_array().size(); ++i) use(place.element(i));
}

}  // namespace gx::meta
