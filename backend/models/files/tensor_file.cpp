#include "backend/models/files/tensor_file.h"

#include "backend/models/files/printable.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

namespace assay::models {

namespace {

constexpr std::size_t kTensorsShown = 5;

bool isFloating(const torch::Tensor& tensor)
{
    return c10::isFloatingType(tensor.scalar_type()) || c10::isComplexType(tensor.scalar_type());
}

/// A NaN or an infinity makes the sum one too, and a sum is cheap; that a sum of finite numbers overflows is
/// so rare that the exact question may follow then.
bool surelyFinite(const torch::Tensor& tensor)
{
    if (c10::isComplexType(tensor.scalar_type()))
        return surelyFinite(torch::view_as_real(tensor));
    return std::isfinite(tensor.sum(torch::kFloat32).item<float>());
}

std::string listedNames(const std::vector<std::string>& names)
{
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), kTensorsShown); ++i)
        text += (i == 0 ? "" : ", ") + printable(names[i]);
    if (names.size() > kTensorsShown)
        text += " and " + std::to_string(names.size() - kTensorsShown) + " more";
    return text;
}

} // namespace

const torch::Tensor* TensorFile::find(const std::string& name) const
{
    const auto it =
        std::find_if(tensors.begin(), tensors.end(), [&](const auto& entry) { return entry.first == name; });
    return it == tensors.end() ? nullptr : &it->second;
}

protocol::Findings nonFiniteFindings(const NamedTensors& tensors)
{
    const torch::NoGradGuard off;
    std::vector<std::string> nan;
    std::vector<std::string> infinite;
    for (const auto& [name, tensor] : tensors) {
        if (!isFloating(tensor) || tensor.numel() == 0 || surelyFinite(tensor))
            continue;
        if (tensor.isnan().any().item<bool>())
            nan.push_back(name);
        else if (tensor.isinf().any().item<bool>())
            infinite.push_back(name);
    }
    protocol::Findings findings;
    if (!nan.empty())
        findings.push_back({protocol::Finding::Level::Problem,
                            "The weights contain NaN in " + listedNames(nan) +
                                "; take a checkpoint from before the training diverged."});
    if (!infinite.empty())
        findings.push_back(
            {protocol::Finding::Level::Warning,
             "The weights contain infinite values in " + listedNames(infinite) +
                 "; unless they are masks, take a checkpoint from before the training diverged."});
    return findings;
}

} // namespace assay::models
