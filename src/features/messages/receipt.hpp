// What whoever takes a message says of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/decimal.hpp"

namespace gx::features {

struct Receipt {
    static constexpr std::uint8_t cost_scale = 4;  // as the field of message_log has it

    std::string reference;        // what the server or gateway calls the message; may be empty
    std::optional<Decimal> cost;  // of cost_scale
};

}  // namespace gx::features
