#include "backend/attacks/check.h"

#include "backend/protocol/error.h"

#include <torch/types.h>

namespace assay::attacks {

void checkImages(const torch::Tensor& x, const std::string& where)
{
    if (x.dim() != 4 || x.scalar_type() != torch::kFloat32)
        throw Error("images must be float32 [N,C,H,W]", where);
}

void checkPixelRange(const torch::Tensor& x, const std::string& where)
{
    if (x.numel() == 0)
        return;
    const double low = x.min().item<double>();
    const double high = x.max().item<double>();
    if (!(low >= 0 && high <= 1))
        throw Error("pixels go from " + Json(low).dump() + " to " + Json(high).dump() +
                        "; they must lie in [0,1]",
                    where, "Scale the images; normalisation happens inside the model.");
}

void checkClasses(const models::Model& model, const torch::Tensor& classes, std::int64_t count,
                  const char* what, const std::string& where)
{
    if (classes.dim() != 1 || classes.scalar_type() != torch::kInt64 || classes.size(0) != count)
        throw Error(std::string(what) + " must be " + std::to_string(count) + " int64 values, one an image",
                    where);
    if (count == 0)
        return;
    const auto low = classes.min().item<std::int64_t>();
    const auto high = classes.max().item<std::int64_t>();
    if (low < 0 || high >= model.classCount())
        throw Error(std::string(what) + " go from " + std::to_string(low) + " to " + std::to_string(high) +
                        "; model '" + model.name() + "' has the classes 0 to " +
                        std::to_string(model.classCount() - 1),
                    where);
}

void checkRange(const char* name, double value, double low, double high, const std::string& where)
{
    if (!(value >= low && value <= high))
        throw Error("'" + std::string(name) + "' is " + Json(value).dump() + "; it must be from " +
                        Json(low).dump() + " to " + Json(high).dump(),
                    where);
}

} // namespace assay::attacks
