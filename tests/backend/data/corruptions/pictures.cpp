#include "pictures.h"

#include "backend/data/catalogue.h"
#include "backend/imaging/image_codec.h"

#include <torch/utils.h>

namespace assay::test {

torch::Tensor numbered(std::int64_t n)
{
    return torch::arange(n, torch::kInt64);
}

torch::Tensor greyPictures(std::int64_t n)
{
    static const auto set = data::DatasetCatalogue().open("fashion-mnist");
    return set->images(data::Split::Test, numbered(n), torch::kCPU);
}

torch::Tensor colourPictures(std::int64_t n, std::int64_t side)
{
    const torch::Tensor grey = greyPictures(n);
    const torch::Tensor thing = torch::tensor({{1.0f, .75f, .3f}, {.35f, .8f, 1.0f}, {.9f, .4f, .7f}});
    const torch::Tensor ground = torch::tensor({{.15f, .3f, .5f}, {.6f, .45f, .2f}, {.3f, .55f, .25f}});
    std::vector<torch::Tensor> pictures;
    for (std::int64_t i = 0; i < n; ++i) {
        const torch::Tensor shape =
            imaging::resize(grey[i], static_cast<int>(side), static_cast<int>(side)).clamp(0, 1);
        const torch::Tensor over = shape.clamp_max(.3f) / .3f; // where the thing covers the ground
        pictures.push_back(over * shape * thing[i % 3].view({3, 1, 1}) +
                           (1 - over) * ground[i % 3].view({3, 1, 1}));
    }
    return torch::stack(pictures);
}

} // namespace assay::test
