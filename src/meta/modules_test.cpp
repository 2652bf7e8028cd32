// The declarations of the repository itself.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "meta/load.hpp"

namespace gx::meta {
namespace {

std::vector<Source> sources_on_disk(const std::filesystem::path& root) {
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
    const Loaded loaded = load(sources_on_disk(GX_SOURCE_DIR));

    for (const Mistake& mistake : loaded.mistakes)
        ADD_FAILURE() << mistake.file << ':' << mistake.line << ": " << mistake.what;
    ASSERT_TRUE(loaded.model);
    EXPECT_GT(loaded.model->objects().size(), 10u);
    EXPECT_GT(loaded.model->dictionaries().size(), 10u);
    EXPECT_TRUE(loaded.model->roles().contains("salesperson"));
}

TEST(Modules, AreStartedByToolsNewWithoutAMistake) {
    const std::filesystem::path root =
        std::filesystem::temp_directory_path() / ("gx-new-" + std::to_string(std::random_device{}()));
    const auto start = [&](const std::string& arguments) {
        const std::string command = "python3 " GX_SOURCE_DIR "/tools/new " + arguments + " --modules " +
                                    (root / "modules").string() + " > /dev/null";
        return std::system(command.c_str());
    };
    ASSERT_EQ(start("area warehouse --zh 仓库 --en Warehouse"), 0);
    ASSERT_EQ(start("object warehouse/stock_item --zh 库存 --en 'Stock item'"), 0);

    const Loaded loaded = load(sources_on_disk(root));
    std::filesystem::remove_all(root);

    for (const Mistake& mistake : loaded.mistakes)
        ADD_FAILURE() << mistake.file << ':' << mistake.line << ": " << mistake.what;
    ASSERT_TRUE(loaded.model);
    EXPECT_EQ(loaded.model->object("stock_item").plural.en, "Stock items");
}

}  // namespace
}  // namespace gx::meta
