#include "plugins/transfer/grid_parts.h"

#include <torch/types.h>

namespace assay::transfer {

void fillTriples(protocol::ImageGrid& grid, const torch::Tensor& ids, const torch::Tensor& clean,
                 const torch::Tensor& altered, std::string alteredName)
{
    const torch::Tensor before = clean.to(torch::kFloat32) / 255;
    reporting::fillPlanes(grid, ids,
                          {{"clean", before},
                           {"perturbation ×10", reporting::amplifiedDifference(altered, before)},
                           {std::move(alteredName), altered}});
}

} // namespace assay::transfer
