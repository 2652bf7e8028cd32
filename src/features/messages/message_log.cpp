#include "features/messages/message_log.hpp"

#include "base/short_text.hpp"

namespace gx::features {

namespace {

using store::Cell;
using store::Connection;

constexpr std::size_t short_most = 200, long_most = 500;

Cell text_cell(std::string_view text, std::size_t most = short_most) {
    std::string cut = short_text(text, most);
    return cut.empty() ? Cell() : Cell(std::move(cut));
}

}  // namespace

void MessageLog::sending(const Message& message) {
    const std::int64_t now = stamp(clock_.now());
    store_.change([&](Connection& connection) {
        connection.execute(
            {"insert into message_log (id, version, created_at, updated_at, subject, at, channel, state, recipient, "
             "sender, user_account, login, tries) values (?, 1, ?, ?, ?, ?, ?, 'sending', ?, ?, ?, ?, 1) on conflict "
             "(id) do update set version = message_log.version + 1, updated_at = excluded.updated_at, at = "
             "excluded.at, "
             "state = excluded.state, recipient = excluded.recipient, sender = excluded.sender, "
             "tries = message_log.tries + 1",
             {message.id.value, now, now, text_cell(message.subject), now, std::string(message.channel),
              text_cell(message.recipient), text_cell(message.sender), message.user ? Cell(message.user.value) : Cell(),
              text_cell(message.login)}});
    });
}

void MessageLog::sent(RecordId id, const Receipt& receipt) { end(id, "sent", {}, receipt); }

void MessageLog::failed(RecordId id, std::string_view why, bool again) {
    end(id, again ? "waiting" : "failed", std::string(why), {});
}

void MessageLog::end(RecordId id, std::string_view state, const std::string& why, const Receipt& receipt) {
    const std::int64_t now = stamp(clock_.now());
    store_.change([&](Connection& connection) {
        connection.execute(
            {"update message_log set version = version + 1, updated_at = ?, at = ?, state = ?, why = ?, reference = ?, "
             "cost = ? where id = ?",
             {now, now, std::string(state), text_cell(why, long_most), text_cell(receipt.reference),
              receipt.cost ? Cell(receipt.cost->unscaled) : Cell(), id.value}});
    });
}

void MessageLog::tidy(int months) {
    if (months == 0) return;
    const std::int64_t before = stamp(clock_.now() - std::chrono::days(31) * months);
    store_.change(
        [&](Connection& connection) { connection.execute({"delete from message_log where at < ?", {before}}); });
}

}  // namespace gx::features
