#include "meta/problem_text.hpp"

#include "base/texts.hpp"

namespace gx::meta {

std::string problem_text(const Problem& problem, Language language, const Model* model) {
    if (model != nullptr && !problem.object.empty()) {
        if (const Object* object = model->find(problem.object)) {
            if (const auto found = object->problems.find(problem.rule); found != object->problems.end()) {
                return fill(found->second.in(language), problem.params);
            }
        }
    }
    return text(language, problem.rule, problem.params);
}

}  // namespace gx::meta
