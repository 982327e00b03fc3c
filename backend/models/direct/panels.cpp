#include "backend/models/direct/panels.h"

#include "backend/models/direct/kernels.h"

#include <vector>

namespace assay::models::direct {

std::int64_t padded(std::int64_t numbers)
{
    return (numbers + kChannelBlock - 1) / kChannelBlock * kChannelBlock;
}

torch::Tensor withPaddedRows(const torch::Tensor& matrix, std::int64_t length)
{
    torch::Tensor result = torch::zeros({matrix.size(0), length}, torch::kFloat32);
    result.narrow(1, 0, matrix.size(1)).copy_(matrix);
    return result;
}

torch::Tensor inPanels(const torch::Tensor& matrix)
{
    std::vector<torch::Tensor> panels;
    for (const torch::Tensor& panel : withPaddedRows(matrix, padded(matrix.size(1))).split(kPanel, 1))
        panels.push_back(panel.reshape({-1}));
    return torch::cat(panels);
}

} // namespace assay::models::direct
