#include "backend/data/arrays/class_names.h"

#include "backend/protocol/error.h"

#include <torch/types.h>

#include <fstream>

namespace assay::data {

namespace {

constexpr std::size_t kMaxName = 200;

} // namespace

std::vector<std::string> readClassNames(const std::filesystem::path& file)
{
    std::ifstream input(file);
    std::vector<std::string> classes;
    for (std::string line; std::getline(input, line);) {
        if (!line.empty() && line.back() == '\r')
            line.pop_back();
        if (line.empty())
            continue;
        if (classes.size() == kMaxClasses || line.size() > kMaxName)
            throw Error("must hold at most 4096 names of at most 200 bytes, one a line", file.string());
        classes.push_back(line);
    }
    return classes;
}

void nameClasses(std::vector<std::string>& classes, const std::vector<torch::Tensor>& labels,
                 const std::string& where)
{
    std::int64_t highest = -1;
    for (const torch::Tensor& part : labels) {
        if (part.numel() == 0)
            continue;
        highest = std::max(highest, part.max().item<std::int64_t>());
        if (const auto lowest = part.min().item<std::int64_t>(); lowest < 0)
            throw Error("label " + std::to_string(lowest) + " is negative; classes count from 0", where);
    }
    if (highest >= kMaxClasses)
        throw Error("label " + std::to_string(highest) + " is too high; at most 4096 classes are known",
                    where, "Number the classes from 0.");
    if (classes.empty()) {
        for (std::int64_t i = 0; i <= highest; ++i)
            classes.push_back(std::to_string(i));
    }
    if (highest >= static_cast<std::int64_t>(classes.size()))
        throw Error("label " + std::to_string(highest) + " has no class name; " +
                        std::to_string(classes.size()) + " are given",
                    where, "Name every class.");
}

} // namespace assay::data
