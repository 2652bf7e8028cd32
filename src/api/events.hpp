// From commits and jobs to the event streams of the browsers that may see them.
#pragma once

#include "api/routes.hpp"

namespace gx::api {

// Registers with Records::on_commit and Jobs::on_change. The listeners live as long as the services.
void publish_changes(Services& services);

// Tells the browsers of sessions that ended, and closes their streams.
void publish_ended_sessions(Services& services);

// Closes the streams of API keys that are over or that no role allows any more. Called a few times a second.
void end_key_streams(Services& services);

// Tells every browser to fetch its meta bundle again (declarations, rights, dictionaries, views).
void publish_meta_changed(Services& services);

// Tells every browser to fetch what it shows again: somebody may see less now, or more.
void publish_rights_changed(Services& services);

}  // namespace gx::api
