#include "backend/models/architectures/grid_detector.h"

#include "backend/models/architectures/layers.h"
#include "backend/models/architectures/options.h"
#include "backend/protocol/error.h"

#include <torch/nn.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

namespace assay::models {

namespace {

constexpr std::size_t kHalvings = 3; ///< the first blocks of stride 2: 8 pixels a cell
static_assert(kGridStride == 1 << kHalvings);
constexpr const char* kGridName = "grid-detector";

class GridDetector final : public BuiltinNetwork
{
public:
    GridDetector(const Json& options, const InputSpec& input, std::int64_t classes,
                 const std::vector<std::int64_t>& widths)
        : BuiltinNetwork(makeGridDetector, options, input, classes)
    {
        std::int64_t in = input.channels;
        for (std::size_t i = 0; i < widths.size(); ++i) {
            const std::string number = std::to_string(i + 1);
            m_blocks.emplace_back(*this, "conv" + number, "bn" + number,
                                  ConvShape{.in = in, .out = widths[i], .stride = i < kHalvings ? 2 : 1});
            m_taps.push_back("block" + number);
            in = widths[i];
        }
        m_head = register_module("head",
                                 torch::nn::Conv2d(torch::nn::Conv2dOptions(in, kGridNumbers * classes, 1)));
    }

    torch::Tensor forward(const torch::Tensor& x, const TapSink* sink) override
    {
        torch::Tensor h = normalise(x);
        for (std::size_t i = 0; i < m_blocks.size(); ++i) {
            h = m_blocks[i](h);
            h = (i == 0 ? channelsLast(h) : h).relu_();
            if (const auto change = m_changes.find(m_taps[i]); change != m_changes.end())
                h = change->second(h);
            report(sink, m_taps[i].c_str(), h);
        }
        return m_head->forward(h).contiguous();
    }

    std::vector<std::string> taps() const override { return m_taps; }

    std::shared_ptr<Network> another() const override
    {
        auto made = std::static_pointer_cast<GridDetector>(BuiltinNetwork::another());
        made->m_changes = m_changes;
        return made;
    }

    void setChanges(MapChanges changes) { m_changes = std::move(changes); }

    void fold() override
    {
        for (ConvBn& block : m_blocks)
            block.fold();
    }

    void setPrior(double probability)
    {
        const torch::NoGradGuard off;
        const double logit = std::log(probability / (1 - probability));
        m_head->bias.view({classes(), kGridNumbers}).select(1, 0).fill_(logit);
    }

private:
    std::vector<ConvBn> m_blocks;
    std::vector<std::string> m_taps;
    MapChanges m_changes; ///< by tap
    torch::nn::Conv2d m_head{nullptr};
};

GridDetector& gridDetector(Network& network)
{
    if (auto* detector = dynamic_cast<GridDetector*>(&network))
        return *detector;
    throw Error("the network is no grid detector", {}, "Train one of the architecture 'grid-detector'.");
}

} // namespace

std::shared_ptr<Network> makeGridDetector(const Json& options, const InputSpec& input, std::int64_t classes)
{
    OptionReader reader(kGridName, options);
    const auto widths = reader.integers("widths", {16, 32, 64, 64, 64}, 1, 1024, kHalvings, 8);
    reader.finish();
    requireSide(kGridName, input, kGridStride);
    if (input.height % kGridStride != 0 || input.width % kGridStride != 0)
        throw Error("an input of " + std::to_string(input.height) + " x " + std::to_string(input.width) +
                    " does not fill cells of 8 pixels; sides must be multiples of 8");
    return std::make_shared<GridDetector>(options, input, classes, widths);
}

Json gridOutput()
{
    return {{"layout", "grid"}, {"stride", kGridStride}, {"unit", static_cast<std::int64_t>(kGridUnit)}};
}

void setMapChanges(Network& network, MapChanges changes)
{
    const std::vector<std::string> taps = network.taps();
    for (const auto& [tap, change] : changes)
        if (std::ranges::find(taps, tap) == taps.end())
            throw Error("the network has no map '" + tap + "' that could be changed");
    gridDetector(network).setChanges(std::move(changes));
}

void setObjectPrior(Network& network, double probability)
{
    GridDetector& detector = gridDetector(network);
    if (!(probability > 0 && probability < 1))
        throw Error("an object cannot be expected with probability " + std::to_string(probability) +
                    "; it must be between 0 and 1");
    detector.setPrior(probability);
}

} // namespace assay::models
