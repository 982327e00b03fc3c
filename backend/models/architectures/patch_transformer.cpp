#include "backend/models/architectures/patch_transformer.h"

#include "backend/models/architectures/options.h"
#include "backend/models/architectures/transformer_block.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

namespace assay::models {

namespace {

constexpr const char* kPatchTransformer = "patch_transformer";
/// Brings positions, as they are drawn, to the size of embedded patches: much smaller ones go unnoticed in
/// the first epochs, which on small sets are all there are.
constexpr double kPositionGain = 4;

struct PatchShape
{
    std::int64_t rows;
    std::int64_t columns;
    std::int64_t depth;
    std::int64_t stem; ///< width of the embedding's hidden layer; 0: none
    bool positions;
};

class PatchTransformer final : public BuiltinNetwork
{
public:
    PatchTransformer(const Json& options, const InputSpec& input, std::int64_t classes,
                     const PatchShape& patch, const BlockShape& block)
        : BuiltinNetwork(makePatchTransformer, options, input, classes)
        , m_patch(patch)
    {
        const std::int64_t patches = (input.height / patch.rows) * (input.width / patch.columns);
        m_classToken = register_parameter("cls_token", torch::zeros({1, 1, block.width}));
        if (patch.positions)
            m_positions = register_parameter("pos_embed", torch::zeros({1 + patches, block.width}));
        std::int64_t inputs = input.channels * patch.rows * patch.columns;
        if (patch.stem > 0) {
            m_stem = register_module("stem", torch::nn::Linear(inputs, patch.stem));
            inputs = patch.stem;
        }
        m_embedding = register_module("embed", torch::nn::Linear(inputs, block.width));
        m_body = TransformerBody(*this, patch.depth, block);
        m_head = register_module("head", torch::nn::Linear(block.width, classes));
    }

    torch::Tensor forward(const torch::Tensor& x, const TapSink* sink) override
    {
        torch::Tensor h = patchesOf(normalise(x));
        if (m_stem)
            h = m_stem->forward(h).relu_();
        h = m_embedding->forward(h);
        h = torch::cat({m_classToken.expand({x.size(0), -1, -1}), h}, 1);
        if (m_positions.defined())
            h = h + m_positions * kPositionGain;
        return m_head->forward(m_body(h, sink));
    }

    std::vector<std::string> taps() const override { return m_body.taps(); }

private:
    /// [N,C,H,W] -> [N,patches,C*rows*columns], row by row.
    torch::Tensor patchesOf(const torch::Tensor& x) const
    {
        const std::int64_t down = x.size(2) / m_patch.rows, across = x.size(3) / m_patch.columns;
        return x.view({x.size(0), x.size(1), down, m_patch.rows, across, m_patch.columns})
            .permute({0, 2, 4, 1, 3, 5})
            .reshape({x.size(0), down * across, -1});
    }

    PatchShape m_patch;
    torch::Tensor m_classToken;
    torch::Tensor m_positions; ///< undefined where the patches are a set
    torch::nn::Linear m_stem{nullptr};
    torch::nn::Linear m_embedding{nullptr};
    TransformerBody m_body;
    torch::nn::Linear m_head{nullptr};
};

} // namespace

std::shared_ptr<Network> makePatchTransformer(const Json& options, const InputSpec& input,
                                              std::int64_t classes)
{
    OptionReader reader(kPatchTransformer, options);
    PatchShape patch{};
    patch.rows = reader.integer("patch", 4, 1, 4096);
    patch.columns = reader.integer("patch_width", 0, 0, 4096);
    if (patch.columns == 0)
        patch.columns = patch.rows;
    patch.depth = reader.integer("depth", 1, 1, 64);
    patch.stem = reader.integer("stem", 0, 0, 4096);
    patch.positions = reader.integer("positions", 0, 0, 1) == 1;
    BlockShape block{.hiddenRatio = 2};
    block.width = reader.integer("width", 96, 1, 4096);
    block.heads = reader.integer("heads", 4, 1, 64);
    block.reattention = reader.integer("reattention", 0, 0, 1) == 1;
    reader.finish();
    requireHeads(kPatchTransformer, block.width, block.heads);
    requirePatches(kPatchTransformer, input, patch.rows, patch.columns);
    return std::make_shared<PatchTransformer>(options, input, classes, patch, block);
}

} // namespace assay::models
