#include "api/answer.hpp"

#include <cctype>
#include <fstream>

#include "base/json_writer.hpp"
#include "base/log.hpp"
#include "base/texts.hpp"
#include "meta/model.hpp"
#include "meta/problem_text.hpp"

namespace gx::api {

namespace {

// What every problem begins with. The object stays open for what comes behind it.
JsonWriter begin_problem(net::Response& response, const net::Request& request, int status, Language language,
                         std::string_view detail, std::string_view code) {
    response.status = status;
    response.content_type = "application/problem+json; charset=utf-8";
    JsonWriter json(response.body);
    json.begin_object();
    json.key("title").string(text(language, "problem_" + std::to_string(status)));
    json.key("detail").string(detail);
    json.key("status").integer(status);
    json.key("code").string(code);
    json.key("request_id").string(request.id);
    return json;
}

// A right as people know it: of an object by the label that is declared for it, every other one by a text.
std::string right_in_words(std::string_view right, Language language, const meta::Model* model) {
    const std::size_t dot = right.find('.');
    if (dot == std::string_view::npos) return text(language, "right_" + std::string(right));
    const meta::Object* object = model ? model->find(right.substr(0, dot)) : nullptr;
    if (!object) return std::string(right);
    const auto label = object->special_labels.find(std::string(right.substr(dot + 1)));
    return label == object->special_labels.end() ? std::string(right) : label->second.in(language);
}

TextParams params_in_words(const Failure& failure, Language language, const meta::Model* model) {
    TextParams params = failure.params();
    if (failure.kind() != Failure::Kind::forbidden) return params;
    for (auto& [name, value] : params) {
        if (name == "right") value = right_in_words(value, language, model);
    }
    return params;
}

void log_defect(const net::Request& request, std::string_view why) {
    log::error("request failed", {{"request_id", request.id}, {"path", request.path}, {"why", why}});
}

}  // namespace

int status_of(Failure::Kind kind) {
    switch (kind) {
        case Failure::Kind::bad_request:
            return 400;
        case Failure::Kind::unauthenticated:
            return 401;
        case Failure::Kind::forbidden:
            return 403;
        case Failure::Kind::not_found:
            return 404;
        case Failure::Kind::conflict:
            return 409;
        case Failure::Kind::stale:
            return 412;
        case Failure::Kind::too_large:
            return 413;
        case Failure::Kind::unsupported:
            return 415;
        case Failure::Kind::invalid:
            return 422;
        case Failure::Kind::too_many:
            return 429;
        case Failure::Kind::unavailable:
            return 503;
        case Failure::Kind::storage_full:
            return 507;
        case Failure::Kind::broken:
            return 500;
    }
    return 500;
}

net::Response failure_reply(const net::Request& request, const Failure& failure, Language language,
                            const meta::Model* model, std::string_view extra) {
    net::Response response;
    int status = status_of(failure.kind());
    // 422 names fields; what has none (a filter, a sort) is a request that cannot be read.
    if (status == 422 && failure.problems().empty()) status = 400;
    JsonWriter json =
        begin_problem(response, request, status, language,
                      text(language, failure.key(), params_in_words(failure, language, model)), failure.key());
    if (!failure.problems().empty()) {
        json.key("errors").begin_array();
        for (const Problem& problem : failure.problems()) {
            json.begin_object();
            json.key("field").string(problem.field);
            json.key("rule").string(problem.rule);
            json.key("params").begin_object();
            for (const auto& [name, value] : problem.params) json.key(name).string(value);
            json.end_object();
            json.key("message").string(meta::problem_text(problem, language, model));
            json.end_object();
        }
        json.end_array();
    }
    json.end_object();
    if (!extra.empty()) {
        response.body.pop_back();
        response.body += ',';
        response.body += extra;
        response.body += '}';
    }
    if (failure.kind() == Failure::Kind::too_many) {
        for (const auto& [name, value] : failure.params()) {
            if (name == "seconds") response.headers.emplace_back("Retry-After", value);
        }
    }
    if (failure.kind() == Failure::Kind::unavailable) response.headers.emplace_back("Retry-After", "2");
    return response;
}

net::Response answer(net::Request& request, Language language, const meta::Model* model, const net::Handler& handler,
                     const OnFailure& on_failure) {
    try {
        return handler(request);
    } catch (const Failure& failure) {
        if (on_failure) on_failure(failure);
        if (failure.kind() == Failure::Kind::broken) {
            std::string why = failure.key();
            for (const auto& [name, value] : failure.params()) why += " " + name + "=" + value;
            log_defect(request, why);
            // What is inside stays inside: the reply of a defect names the request only.
            return failure_reply(request, {Failure::Kind::broken, "broken"}, language, model);
        }
        return failure_reply(request, failure, language, model);
    } catch (const std::exception& failure) {
        log_defect(request, failure.what());
        return failure_reply(request, {Failure::Kind::broken, "broken"}, language, model);
    }
}

net::Response server_problem(const net::Request& request, int status, std::string_view code) {
    const Language language = language_of(request);
    net::Response response;
    begin_problem(response, request, status, language, text(language, "problem_" + std::to_string(status)), code)
        .end_object();
    return response;
}

Language language_of(const net::Request& request) {
    return parse_language(request.header("accept-language")).value_or(Language::zh);
}

net::Response json_reply(std::string body, int status) {
    net::Response response;
    response.status = status;
    response.body = std::move(body);
    return response;
}

net::Response job_accepted(RecordId job) {
    net::Response response;
    response.status = 202;
    JsonWriter json(response.body);
    json.begin_object().key("job").id(job).end_object();
    return response;
}

// No quotes, no line ends, so a name cannot add headers.
std::string disposition(std::string_view name) {
    std::string plain;
    std::string encoded;
    for (const char c : name) {
        const auto byte = static_cast<unsigned char>(c);
        plain += byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\' ? c : '_';
        constexpr std::string_view hex = "0123456789ABCDEF";
        if (std::isalnum(byte) != 0 || c == '.' || c == '-' || c == '_') {
            encoded += c;
        } else {
            encoded += '%';
            encoded += hex[byte >> 4];
            encoded += hex[byte & 15];
        }
    }
    return "attachment; filename=\"" + plain + "\"; filename*=UTF-8''" + encoded;
}

net::Response file_reply(const std::filesystem::path& path, std::string_view name) {
    net::Response response;
    response.content_type = "application/octet-stream";  // whatever the file says it is
    response.headers.emplace_back("Content-Disposition", disposition(name));
    response.compress = false;
    response.stream = [path](net::BodyWriter& out) {
        std::ifstream in(path, std::ios::binary);
        std::string piece(64 << 10, '\0');
        while (in.read(piece.data(), static_cast<std::streamsize>(piece.size())) || in.gcount() > 0) {
            if (!out.write(std::string_view(piece).substr(0, static_cast<std::size_t>(in.gcount())))) return;
        }
    };
    return response;
}

}  // namespace gx::api
