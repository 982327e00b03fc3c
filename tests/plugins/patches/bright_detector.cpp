#include "tests/plugins/patches/bright_detector.h"

#include <ATen/Functions.h>
#include <torch/types.h>

namespace assay::test {

namespace {

class BrightNetwork final : public models::Network
{
public:
    torch::Tensor forward(const torch::Tensor& x, const models::TapSink*) override
    {
        const torch::Tensor logit = 20 * (at::avg_pool2d(x.mean(1, true), {8, 8}) - 0.75);
        const torch::Tensor nothing = torch::zeros_like(logit);
        return torch::cat({logit, nothing, nothing, nothing, nothing}, 1);
    }
    std::vector<std::string> taps() const override { return {}; }
    std::shared_ptr<models::Network> copy() const override { return std::make_shared<BrightNetwork>(); }
};

} // namespace

std::shared_ptr<const models::Detector> brightDetector()
{
    models::ModelCard card;
    card.name = "bright";
    card.architecture = "bright squares";
    card.task = models::Task::Detection;
    card.classes = {"square"};
    card.input = {.channels = 1, .height = 64, .width = 64};
    card.output = {{"layout", "grid"}, {"stride", 8}, {"unit", 16}};
    return std::make_shared<models::Detector>(
        std::make_shared<models::Model>(std::make_shared<BrightNetwork>(), std::move(card)));
}

data::Box brightBox(std::int64_t index)
{
    // Its middle is that of a cell.
    data::Box box;
    box.x = static_cast<float>(4 + 8 * (index % 5));
    box.y = static_cast<float>(4 + 8 * ((index * 2) % 5));
    box.width = box.height = 16;
    return box;
}

patches::pod::Scenes brightScenes(std::int64_t count)
{
    patches::pod::Scenes scenes{
        torch::arange(count) + 100, torch::zeros({count, 1, 64, 64}, torch::kUInt8), {}};
    for (std::int64_t i = 0; i < count; ++i) {
        const data::Box box = brightBox(i);
        scenes.objects.push_back({box});
        const auto x = static_cast<std::int64_t>(box.x), y = static_cast<std::int64_t>(box.y);
        scenes.pixels[i][0].narrow(0, y, 16).narrow(1, x, 16).fill_(250);
    }
    return scenes;
}

} // namespace assay::test
