// The declarations of the repository itself.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "meta/load.hpp"

namespace gx::meta {
namespace {

std::vector<Source> sources_on_disk() {
    const std::filesystem::path root = GX_SOURCE_DIR;
    std::vector<Source> sources;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / "modules")) {
        const std::string ending = entry.path().extension().string();
        if (!entry.is_regular_file() || (ending != ".json" && ending != ".csv")) continue;
        std::ostringstream text;
        text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
        sources.push_back({std::filesystem::relative(entry.path(), root).generic_string(), text.str()});
    }
    return sources;
}

TEST(Modules, AreDeclaredWithoutAMistake) {
    const Loaded loaded = load(sources_on_disk());

    for (const Mistake& mistake : loaded.mistakes)
        ADD_FAILURE() << mistake.file << ':' << mistake.line << ": " << mistake.what;
    ASSERT_TRUE(loaded.model);
    EXPECT_GT(loaded.model->objects().size(), 10u);
    EXPECT_GT(loaded.model->dictionaries().size(), 10u);
    EXPECT_TRUE(loaded.model->roles().contains("salesperson"));
}

}  // namespace
}  // namespace gx::meta
