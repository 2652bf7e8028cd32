// From commits and jobs to the event streams of the browsers that may see them.
#pragma once

#include "api/routes.hpp"

namespace gx::api {

// Registers with Records::on_commit and Jobs::on_change. The listeners live as long as the services.
void publish_changes(Services& services);

// Tells every browser to fetch its meta bundle again (declarations, rights, dictionaries, views).
void publish_meta_changed(Services& services);

// Tells every browser to fetch what it shows again: somebody may see less now, or more.
void publish_rights_changed(Services& services);

}  // namespace gx::api
