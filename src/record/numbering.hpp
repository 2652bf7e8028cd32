// Running numbers: "SJ{yyyy}{MM}{seq:4}" is SJ2026110001 for the first of November. Every period, which is the text
// around the running part, counts from 1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace gx::record {

struct NumberForm {
    std::string before, after;
    int digits = 1;

    std::string period() const { return before + after; }
    std::string number(std::int64_t running) const;
    // The running part of a number that somebody typed; empty when it is not of this form.
    std::optional<std::int64_t> running(std::string_view number) const;
};

NumberForm number_form(std::string_view pattern, Date day);

}  // namespace gx::record
