#include "features/messages/sms_gateway.hpp"

#include <curl/curl.h>

#include "base/failure.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "base/secret.hpp"
#include "base/short_text.hpp"
#include "features/curl_handles.hpp"

namespace gx::features {

namespace {

constexpr std::size_t reference_most = 100;
constexpr std::size_t reason_most = 200;

std::string part_of(CURLU* url, CURLUPart part) {
    char* text = nullptr;
    if (curl_url_get(url, part, &text, part == CURLUPART_USER || part == CURLUPART_PASSWORD ? CURLU_URLDECODE : 0) !=
        CURLUE_OK)
        return {};
    return CurlOwned<char>(text).get();
}

std::string text_of(const json::value* value) {
    if (value == nullptr) return {};
    if (const json::string* text = value->if_string()) return std::string(*text);
    return value->is_number() ? json::serialize(*value) : std::string();
}

}  // namespace

bool SmsGateway::can_read(std::string_view url) {
    const CurlOwned<CURLU> parsed(curl_url());
    if (curl_url_set(parsed.get(), CURLUPART_URL, std::string(url).c_str(), 0) != CURLUE_OK) return false;
    const std::string scheme = part_of(parsed.get(), CURLUPART_SCHEME);
    return (scheme == "https" || scheme == "http") && !part_of(parsed.get(), CURLUPART_HOST).empty();
}

SmsGateway::SmsGateway(const std::string& url) {
    const CurlOwned<CURLU> parsed(curl_url());
    ensure(curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) == CURLUE_OK, "the address of the SMS gateway");
    const std::string name = part_of(parsed.get(), CURLUPART_USER), secret = part_of(parsed.get(), CURLUPART_PASSWORD);
    if (!secret.empty())
        authorization_ = "Basic " + base64(name + ":" + secret);
    else if (!name.empty())
        authorization_ = "Bearer " + name;
    // The secret travels in the header only: addresses end up in the logs of others.
    curl_url_set(parsed.get(), CURLUPART_USER, nullptr, 0);
    curl_url_set(parsed.get(), CURLUPART_PASSWORD, nullptr, 0);
    url_ = part_of(parsed.get(), CURLUPART_URL);
}

Receipt SmsGateway::receipt_of(std::string_view answer) {
    Receipt receipt;
    try {
        const json::value said = parse_json(answer, {.bytes_max = 64 << 10, .depth_max = 8});
        const json::object* members = said.if_object();
        if (members == nullptr) return receipt;
        receipt.reference = short_text(text_of(members->if_contains("id")), reference_most);
        // Numbers come as 0.045, "0.045" or 4.5E-2.
        const auto cost = parse_decimal_leniently(text_of(members->if_contains("cost")));
        if (cost && *cost >= Decimal{}) receipt.cost = rescale(*cost, Receipt::cost_scale);
    } catch (const Failure& failure) {
        // It took the message; what it says about it is beside the point.
        log::info("the answer of the SMS gateway cannot be read", {{"why", failure.key()}});
    }
    return receipt;
}

Receipt SmsGateway::send(const Sms& sms, std::string_view id) {
    const Pairs form{{"to", sms.to}, {"text", sms.text}, {"id", std::string(id)}};
    // The operator named this address, so it may lie inside.
    const Outside::Answer answer = outside_.post(url_, Outside::Walls::inside_too, form_text(form), authorization_);
    if (answer.status < 200 || answer.status > 299) {
        throw Failure(Failure::Kind::unavailable, "sms_failed",
                      {{"why", std::to_string(answer.status) + " " + short_text(answer.body, reason_most)}});
    }
    return receipt_of(answer.body);
}

}  // namespace gx::features
