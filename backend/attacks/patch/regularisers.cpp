#include "backend/attacks/patch/regularisers.h"

#include "backend/protocol/error.h"

#include <array>

namespace assay::attacks {

namespace {

/// sRGB of halves and solids of cyan, magenta and yellow in all combinations (yellow changes fastest), of
/// black and of half black. From the colours that ISO 12647-2:2004/Amd 1:2007 aims at on coated paper
/// (CIELAB, D50, rounded as published there and for Fogra39: paper 95 0 -2, C 55 -37 -50, M 48 74 -3,
/// Y 89 -5 93, M+Y 47 68 48, C+Y 50 -65 27, C+M 24 22 -46, C+M+Y 23 0 0, K 16 0 0), mixed by the Neugebauer
/// equations with a Yule-Nielsen factor of 2, adapted to D65 (Bradford) and clipped to sRGB.
constexpr std::array<std::array<float, 3>, 29> kOffset = {{
    {0.938f, 0.944f, 0.958f}, {0.973f, 0.910f, 0.599f}, {0.970f, 0.879f, 0.000f}, {0.918f, 0.614f, 0.726f},
    {0.929f, 0.596f, 0.466f}, {0.921f, 0.581f, 0.053f}, {0.849f, 0.045f, 0.480f}, {0.849f, 0.082f, 0.327f},
    {0.841f, 0.113f, 0.140f}, {0.505f, 0.775f, 0.909f}, {0.560f, 0.752f, 0.597f}, {0.557f, 0.732f, 0.168f},
    {0.577f, 0.516f, 0.706f}, {0.591f, 0.508f, 0.475f}, {0.579f, 0.502f, 0.185f}, {0.576f, 0.164f, 0.491f},
    {0.573f, 0.188f, 0.347f}, {0.560f, 0.210f, 0.181f}, {0.000f, 0.593f, 0.855f}, {0.000f, 0.577f, 0.586f},
    {0.000f, 0.561f, 0.268f}, {0.000f, 0.406f, 0.682f}, {0.000f, 0.403f, 0.478f}, {0.000f, 0.399f, 0.245f},
    {0.204f, 0.184f, 0.501f}, {0.222f, 0.201f, 0.365f}, {0.215f, 0.215f, 0.215f}, {0.156f, 0.156f, 0.156f},
    {0.574f, 0.577f, 0.585f},
}};
/// sRGB greys of L* 16 (black ink) and L* 95 (paper).
constexpr double kInkBlack = 0.156;
constexpr double kPaperWhite = 0.943;
constexpr std::int64_t kGreys = 17;
/// Keeps the root away from 0, where it has no derivative.
constexpr double kRootFloor = 1e-12;

torch::Tensor batchOf(const torch::Tensor& patch)
{
    return patch.dim() == 4 ? patch : patch.unsqueeze(0);
}

torch::Tensor asGiven(const torch::Tensor& perPatch, const torch::Tensor& patch)
{
    return patch.dim() == 4 ? perPatch : perPatch.squeeze(0);
}

/// Differences of neighbours along @p dim (-1 or -2) and, float32 [1,h,w], whether both are inside.
std::pair<torch::Tensor, torch::Tensor> neighbours(const torch::Tensor& batch, const torch::Tensor& mask,
                                                   int dim)
{
    const std::int64_t most = batch.size(dim) - 1;
    const torch::Tensor difference = batch.narrow(dim, 1, most) - batch.narrow(dim, 0, most);
    if (!mask.defined())
        return {difference, torch::ones_like(difference.select(0, 0).narrow(0, 0, 1))};
    const torch::Tensor inside = mask.gt(0).to(batch.dtype());
    return {difference, inside.narrow(dim, 1, most) * inside.narrow(dim, 0, most)};
}

/// Mean over channels and the places inside, [n]; 0 where none is.
torch::Tensor meanInside(const torch::Tensor& values, const torch::Tensor& inside)
{
    return (values * inside).sum({1, 2, 3}) / (inside.sum() * values.size(1)).clamp_min(1);
}

} // namespace

torch::Tensor totalVariation(const torch::Tensor& patch, const torch::Tensor& mask)
{
    const torch::Tensor batch = batchOf(patch);
    torch::Tensor sum = torch::zeros({batch.size(0)}, batch.options());
    for (const int dim : {-1, -2}) {
        const auto [difference, inside] = neighbours(batch, mask, dim);
        sum = sum + meanInside(difference.abs(), inside);
    }
    return asGiven(sum, patch);
}

torch::Tensor squaredVariation(const torch::Tensor& patch, const torch::Tensor& mask)
{
    const torch::Tensor batch = batchOf(patch);
    torch::Tensor sum = torch::zeros({batch.size(0)}, batch.options());
    for (const int dim : {-1, -2}) {
        const auto [difference, inside] = neighbours(batch, mask, dim);
        sum = sum + (difference.square() * inside).sum({1, 2, 3});
    }
    if (!mask.defined())
        return asGiven(sum / (batch.size(2) * batch.size(3)), patch);
    return asGiven(sum / mask.gt(0).sum().clamp_min(1), patch);
}

torch::Tensor nonPrintability(const torch::Tensor& patch, const torch::Tensor& colours,
                              const torch::Tensor& mask)
{
    if (colours.dim() != 2 || colours.size(0) == 0 || colours.size(1) != patch.size(-3))
        throw Error("the printable colours must be [K," + std::to_string(patch.size(-3)) +
                    "], as many channels as the patch has");
    const torch::Tensor batch = batchOf(patch).unsqueeze(1);                 // [n,1,C,h,w]
    const torch::Tensor list = colours.view({1, -1, colours.size(1), 1, 1}); // [1,K,C,1,1]
    const torch::Tensor squares = (batch - list).square().sum(2).amin(1, /*keepdim=*/true);
    const torch::Tensor distance = squares.clamp_min(kRootFloor).sqrt();
    const torch::Tensor inside =
        mask.defined() ? mask.gt(0).to(patch.dtype()) : torch::ones_like(distance.select(0, 0));
    return asGiven(meanInside(distance, inside), patch);
}

torch::Tensor printableColours(std::int64_t channels, torch::Device device)
{
    if (channels == 3)
        return torch::from_blob(const_cast<float*>(kOffset.front().data()),
                                {static_cast<std::int64_t>(kOffset.size()), 3}, torch::kFloat32)
            .clone()
            .to(device);
    return torch::linspace(kInkBlack, kPaperWhite, kGreys, torch::kFloat32)
        .unsqueeze(1)
        .repeat({1, channels})
        .to(device);
}

} // namespace assay::attacks
