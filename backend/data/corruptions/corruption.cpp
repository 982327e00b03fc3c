#include "backend/data/corruptions/corruption.h"

#include "backend/data/corruptions/image_planes.h"
#include "backend/data/corruptions/sample_random.h"
#include "backend/data/images/parallel_for.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>
#include <sstream>

namespace assay::data {

namespace {

constexpr std::int64_t kMinSide = 8;

void requireImages(const Corruption& corruption, const torch::Tensor& x, const torch::Tensor& sampleIds)
{
    if (x.scalar_type() != torch::kFloat32 || x.dim() != 4 || (x.size(1) != 1 && x.size(1) != 3))
        throw Error("images to corrupt are float32 [N,C,H,W] with one channel or three", corruption.id);
    if (x.size(2) < kMinSide || x.size(3) < kMinSide)
        throw Error("images of " + std::to_string(x.size(2)) + " x " + std::to_string(x.size(3)) +
                        " are too small: each side must have at least 8 pixels",
                    corruption.id, "Choose another data set.");
    if (corruption.colourOnly && x.size(1) != 3)
        throw Error("grey images have no colours to change", corruption.id,
                    "Choose another corruption or a data set of colour images.");
    if (sampleIds.scalar_type() != torch::kInt64 || sampleIds.dim() != 1 || sampleIds.size(0) != x.size(0))
        throw Error("there must be one sample number (int64) for each image", corruption.id);
}

void requireSeverity(const Corruption& corruption, double severity)
{
    if (severity >= 0 && severity <= kMaxSeverity)
        return;
    std::ostringstream text;
    text << "severity is " << severity << "; it must be from 0 to 5";
    throw Error(text.str(), corruption.id);
}

} // namespace

const char* corruptionGroupName(CorruptionGroup group)
{
    switch (group) {
    case CorruptionGroup::Noise:
        return "noise";
    case CorruptionGroup::Blur:
        return "blur";
    case CorruptionGroup::Weather:
        return "weather";
    case CorruptionGroup::Digital:
        return "digital";
    case CorruptionGroup::Geometry:
        return "geometry";
    }
    return "";
}

const Corruption& corruption(const std::string& id)
{
    std::string known;
    for (const Corruption& each : corruptions()) {
        if (each.id == id)
            return each;
        known += (known.empty() ? "" : ", ") + each.id;
    }
    throw Error("there is no corruption '" + id + "'", {}, "Choose one of " + known + ".");
}

torch::Tensor corrupted(const Corruption& corruption, const torch::Tensor& x, double severity,
                        std::uint64_t seed, const torch::Tensor& sampleIds, double lengths)
{
    requireImages(corruption, x, sampleIds);
    requireSeverity(corruption, severity);
    if (severity == 0)
        return x.clone();
    // A contiguous copy in any case: images are changed in place.
    torch::Tensor result = x.detach().cpu().clone(at::MemoryFormat::Contiguous);
    const torch::Tensor ids = sampleIds.cpu().contiguous();
    const auto* id = ids.data_ptr<std::int64_t>();
    float* pixels = result.data_ptr<float>();
    const ImagePlanes shape{pixels, static_cast<int>(x.size(1)), static_cast<int>(x.size(2)),
                            static_cast<int>(x.size(3)), lengths};
    parallelFor(x.size(0), [&](std::int64_t i) {
        ImagePlanes image = shape;
        image.pixels += static_cast<std::size_t>(i) * shape.all().size();
        SampleRandom random(seed, corruption.id, static_cast<std::uint64_t>(id[i]));
        corruption.change(image, severity, random);
        for (float& value : image.all())
            value = std::clamp(value, 0.0f, 1.0f);
    });
    return result.to(x.device());
}

} // namespace assay::data
