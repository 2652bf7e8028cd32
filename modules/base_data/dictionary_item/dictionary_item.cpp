// What ships with the product can be renamed and disabled, but not deleted: programs and old records name its code.
#include "base_data/dictionary_item/fields.hpp"
#include "record/behaviour.hpp"

namespace gx::dictionary_item {
namespace {

void keep_preset(record::Draft& draft) {
    if (draft.is_removal() && draft.get(system).value_or(false)) draft.add_problem("", "preset_stays");
}

}  // namespace

void behave(record::Behaviour& behaviour) { behaviour.before_save(keep_preset); }

}  // namespace gx::dictionary_item
