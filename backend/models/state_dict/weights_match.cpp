#include "backend/models/state_dict/weights_match.h"

#include "backend/models/files/printable.h"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <map>
#include <set>

namespace assay::models {

namespace {

constexpr std::size_t kNamesInSentence = 8; // a damaged file must not make a message of a megabyte
constexpr std::size_t kNamesInDetails = 1000;
constexpr std::size_t kLongestName = 100;

std::string shapeText(const torch::Tensor& tensor)
{
    std::string text;
    for (const std::int64_t size : tensor.sizes())
        text += (text.empty() ? "" : "x") + std::to_string(size);
    return "[" + text + "]";
}

bool isCounter(const std::string& name)
{
    return name.ends_with("num_batches_tracked"); // PyTorch saves it; evaluation has no use for it
}

void append(std::string& text, const char* heading, const std::vector<std::string>& names)
{
    if (names.empty())
        return;
    text += (text.empty() ? "" : "; ") + std::string(heading) + " ";
    for (std::size_t i = 0; i < std::min(names.size(), kNamesInSentence); ++i)
        text += (i == 0 ? "" : ", ") + names[i];
    if (names.size() > kNamesInSentence)
        text += " and " + std::to_string(names.size() - kNamesInSentence) + " more";
}

std::vector<std::string> cut(const std::vector<std::string>& names)
{
    std::vector<std::string> result;
    for (std::size_t i = 0; i < std::min(names.size(), kNamesInDetails); ++i)
        result.push_back(printable(names[i], kLongestName));
    return result;
}

} // namespace

std::string WeightsMatch::sentence() const
{
    std::vector<std::string> shapes;
    for (const Misfit& misfit : misshaped)
        shapes.push_back(printable(misfit.name, kLongestName) + " " + misfit.found + " instead of " +
                         misfit.expected);
    std::string text;
    append(text, "missing", cut(missing));
    append(text, "of another shape", shapes);
    append(text, "unexpected", cut(unexpected));
    return text;
}

Json WeightsMatch::details() const
{
    Json shapes = Json::array();
    for (std::size_t i = 0; i < std::min(misshaped.size(), kNamesInDetails); ++i)
        shapes.push_back({{"name", printable(misshaped[i].name, kLongestName)},
                          {"found", misshaped[i].found},
                          {"expected", misshaped[i].expected}});
    return {{"missing", cut(missing)}, {"misshaped", shapes}, {"unexpected", cut(unexpected)}};
}

WeightsMatch matchWeights(const Network& network, const NamedTensors& tensors)
{
    std::map<std::string, const torch::Tensor*> given;
    for (const auto& [name, tensor] : tensors)
        given[name] = &tensor;
    WeightsMatch match;
    std::set<std::string> names;
    for (const auto& [name, tensor] : network.persistent()) {
        names.insert(name);
        const auto it = given.find(name);
        if (it == given.end())
            match.missing.push_back(name);
        else if (it->second->sizes() != tensor.sizes())
            match.misshaped.push_back({name, shapeText(*it->second), shapeText(tensor)});
        else if (it->second->is_complex())
            match.misshaped.push_back({name, "complex numbers", "real ones"});
    }
    for (const auto& entry : given) {
        if (!names.contains(entry.first) && !isCounter(entry.first))
            match.unexpected.push_back(entry.first);
    }
    return match;
}

} // namespace assay::models
