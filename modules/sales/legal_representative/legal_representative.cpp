// Who looks after the customer also looks after the file of its legal representative.
#include "record/behaviour.hpp"
#include "sales/legal_representative/fields.hpp"

namespace gx::legal_representative {
namespace {

void belong_to_owner(record::Draft& draft) {
    if (draft.is_removal() || !(draft.is_new() || draft.changed(customer))) return;
    if (const auto* person = std::get_if<RecordId>(&draft.linked("customer.owner"))) draft.set(owner, *person);
}

}  // namespace

void behave(record::Behaviour& behaviour) { behaviour.needs("customer.owner").before_save(belong_to_owner); }

}  // namespace gx::legal_representative
