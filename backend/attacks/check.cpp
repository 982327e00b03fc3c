#include "backend/attacks/check.h"

#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>

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
    checkClasses(model.classCount(), model.name(), classes, count, what, where);
}

void checkClasses(std::int64_t classCount, const std::string& modelName, const torch::Tensor& classes,
                  std::int64_t count, const char* what, const std::string& where)
{
    if (classes.dim() != 1 || classes.scalar_type() != torch::kInt64 || classes.size(0) != count)
        throw Error(std::string(what) + " must be " + std::to_string(count) + " int64 values, one an image",
                    where);
    if (count == 0 || classCount == 0)
        return;
    const auto low = classes.min().item<std::int64_t>();
    const auto high = classes.max().item<std::int64_t>();
    if (low < 0 || high >= classCount)
        throw Error(std::string(what) + " go from " + std::to_string(low) + " to " + std::to_string(high) +
                        "; model '" + modelName + "' has the classes 0 to " + std::to_string(classCount - 1),
                    where);
}

void checkInputs(const torch::Tensor& x, const torch::Tensor& y, std::int64_t classCount,
                 const std::string& modelName, const Context& context, const std::string& attack)
{
    checkImages(x, attack);
    checkPixelRange(x, attack);
    const std::int64_t count = x.size(0);
    checkClasses(classCount, modelName, y, count, "labels", attack);
    if (context.target)
        checkClasses(classCount, modelName, *context.target, count, "targets", attack);
    if (context.samples && (context.samples->dim() != 1 || context.samples->size(0) != count ||
                            context.samples->scalar_type() != torch::kInt64))
        throw Error("sample numbers must be " + std::to_string(count) + " int64 values, one an image",
                    attack);
}

torch::Tensor sampleNumbers(const Context& context, std::int64_t count, torch::Device device)
{
    if (context.samples)
        return context.samples->to(device).contiguous();
    return torch::arange(count, torch::TensorOptions(torch::kInt64).device(device));
}

void checkNorm(Norm norm, const std::vector<Norm>& known, const std::string& attack)
{
    if (std::ranges::find(known, norm) != known.end())
        return;
    std::string names;
    for (const Norm one : known)
        names += (names.empty() ? "" : ", ") + std::string(normName(one));
    throw Error("is not defined for the norm " + std::string(normName(norm)), attack,
                "Choose from " + names + ".");
}

void checkRange(const char* name, double value, double low, double high, const std::string& where)
{
    if (!(value >= low && value <= high))
        throw Error("'" + std::string(name) + "' is " + Json(value).dump() + "; it must be from " +
                        Json(low).dump() + " to " + Json(high).dump(),
                    where);
}

} // namespace assay::attacks
