#include "backend/data/arrays/split_rule.h"

#include <torch/types.h>

namespace assay::data {

bool isTestSample(std::uint64_t index)
{
    // Steele, Lea and Flood 2014, SplitMix64: neighbours in the file fall independently.
    std::uint64_t z = (index + 1) * 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return (z ^ (z >> 31)) % 5 == 0;
}

std::pair<torch::Tensor, torch::Tensor> hashSplit(std::int64_t count)
{
    torch::Tensor test = torch::empty({count}, torch::kBool);
    for (std::int64_t i = 0; i < count; ++i)
        test.data_ptr<bool>()[i] = isTestSample(static_cast<std::uint64_t>(i));
    return splitByFlags(test);
}

std::pair<torch::Tensor, torch::Tensor> splitByFlags(const torch::Tensor& test)
{
    return {test.logical_not().nonzero().flatten(), test.nonzero().flatten()};
}

} // namespace assay::data
