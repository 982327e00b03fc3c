#include "backend/engine/reporting/stored_results.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

namespace assay::reporting {

namespace {

constexpr const char* kStoredIn = "artifact 'outcomes'";
constexpr const char* kRunAgain = "Run the study again.";

} // namespace

torch::Tensor jsonTensor(const Json& json)
{
    const std::string text = json.dump();
    torch::Tensor bytes = torch::empty({static_cast<std::int64_t>(text.size())}, torch::kUInt8);
    std::copy(text.begin(), text.end(), reinterpret_cast<char*>(bytes.data_ptr<std::uint8_t>()));
    return bytes;
}

torch::Tensor StoredResults::at(const std::string& name, torch::Dtype type, std::int64_t dimensions) const
{
    const auto it = m_tensors.find(name);
    if (it == m_tensors.end() || it->second.scalar_type() != type ||
        (dimensions >= 0 && it->second.dim() != dimensions))
        refuse(name);
    return it->second.cpu().contiguous();
}

void StoredResults::refuse(const std::string& name)
{
    throw Error("tensor '" + name + "' is missing or malformed", kStoredIn, kRunAgain);
}

void StoredResults::refuseMeta(const std::string& why)
{
    throw Error("its texts cannot be read: " + why, kStoredIn, kRunAgain);
}

Json StoredResults::parsedMeta() const
{
    const torch::Tensor bytes = at("meta", torch::kUInt8, 1);
    const auto* text = reinterpret_cast<const char*>(bytes.data_ptr<std::uint8_t>());
    return Json::parse(text, text + bytes.numel());
}

std::size_t positionOf(const std::vector<std::string>& names, const std::string& wanted,
                       std::size_t otherwise)
{
    const auto it = std::ranges::find(names, wanted);
    return it == names.end() ? otherwise : static_cast<std::size_t>(it - names.begin());
}

std::size_t nearestPosition(const std::vector<double>& values, double wanted)
{
    std::size_t best = 0;
    for (std::size_t i = 1; i < values.size(); ++i)
        if (std::abs(values[i] - wanted) < std::abs(values[best] - wanted))
            best = i;
    return best;
}

} // namespace assay::reporting
