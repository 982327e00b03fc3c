#include "backend/engine/reporting/scene_picture.h"

namespace assay::reporting {

protocol::ScenePicture scenePicture(std::string name, const torch::Tensor& image)
{
    torch::Tensor shown = image.narrow(0, 0, image.size(0) >= 3 ? 3 : 1).detach().cpu();
    if (shown.scalar_type() != torch::kUInt8)
        shown = shown.mul(255).round_().clamp_(0, 255).to(torch::kUInt8);
    const torch::Tensor bytes = shown.permute({1, 2, 0}).contiguous();
    const auto* data = bytes.data_ptr<std::uint8_t>();
    return {.name = std::move(name),
            .channels = static_cast<std::uint32_t>(bytes.size(2)),
            .pixels = {data, data + bytes.numel()}};
}

} // namespace assay::reporting
