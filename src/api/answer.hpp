// The only place where a failure becomes a reply, so that every route words it alike.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "base/failure.hpp"
#include "base/id.hpp"
#include "base/text.hpp"
#include "meta/model.hpp"
#include "net/http.hpp"

namespace gx::api {

int status_of(Failure::Kind kind);

// Runs the handler; whatever it throws becomes application/problem+json in `language`. `model` words the problems of
// objects and may be null.
// `on_failure` is told of a Failure before it is worded.
using OnFailure = std::function<void(const Failure&)>;
net::Response answer(net::Request& request, Language language, const meta::Model* model, const net::Handler& handler,
                     const OnFailure& on_failure = {});

// `extra` is raw JSON members to add, for example "\"current\":{…}" of a stale change.
net::Response failure_reply(const net::Request& request, const Failure& failure, Language language,
                            const meta::Model* model, std::string_view extra = {});

// What the server itself refuses (unknown path, malformed head, full queue …), in the same shape. Does not block.
net::Response server_problem(const net::Request& request, int status, std::string_view code);

// Before anybody is signed in: the header, else Chinese.
Language language_of(const net::Request& request);

// 202 {"job"}: the work goes on; GET /api/jobs/{id} tells how far it is.
net::Response job_accepted(RecordId job);

net::Response json_reply(std::string body, int status = 200);

// The header Content-Disposition of a download: RFC 6266 with an ASCII fall-back.
std::string disposition(std::string_view name);
// A file to keep under this name, never to be shown inside our own origin.
net::Response file_reply(const std::filesystem::path& path, std::string_view name);

}  // namespace gx::api
