#include "plugins/encryption/recon_data.h"

#include "backend/protocol/error.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

namespace assay::encryption {

namespace {

/// Drawn from a split, in the order drawn.
torch::Tensor drawIds(engine::RunContext& context, const char* stream, std::int64_t size, std::int64_t count)
{
    return torch::randperm(size, context.generator(stream), torch::kInt64)
        .narrow(0, 0, std::min(size, count));
}

void keepNamed(std::vector<ReconAttribute>& attributes, const std::vector<std::string>& names)
{
    std::string known;
    for (const ReconAttribute& attribute : attributes)
        known += (known.empty() ? "" : ", ") + attribute.name;
    for (const std::string& name : names)
        if (std::ranges::find(attributes, name, &ReconAttribute::name) == attributes.end())
            throw Error("there is no attribute '" + name + "'", "attributes", "There are: " + known + ".");
    if (!names.empty())
        std::erase_if(attributes, [&](const ReconAttribute& attribute) {
            return std::ranges::find(names, attribute.name) == names.end();
        });
}

void requireBlocks(const ReconParams& p)
{
    std::vector<int> blocks = p.etcBlocks;
    blocks.push_back(p.block);
    for (const int block : blocks)
        if (p.side % block != 0)
            throw Error("blocks of " + std::to_string(block) + " do not divide images of " +
                            std::to_string(p.side) + " pixels",
                        "side", "Choose a side that is a multiple of every block.");
}

} // namespace

ReconData reconData(engine::RunContext& context, const ReconParams& p)
{
    requireBlocks(p);
    const auto set = context.dataset(p.dataset);
    const data::AttributedRequest request{
        .trainIds = drawIds(context, "recon.train", set->size(data::Split::Train), p.trainImages),
        .testIds = drawIds(context, "recon.victims", set->size(data::Split::Test), p.victims),
        .side = p.side,
        .withClass = std::ranges::count(p.attributes, "class") > 0,
        .trainTints = context.generator("recon.tint.train"),
        .testTints = context.generator("recon.tint.victims")};
    if (request.trainIds.size(0) < 100 || request.testIds.size(0) < 10)
        throw Error("the data set has " + std::to_string(request.trainIds.size(0)) + " training and " +
                        std::to_string(request.testIds.size(0)) + " test images; 100 and 10 are the least",
                    "dataset", "Choose a larger set.");
    context.checkpoint();
    ReconData made = data::attributedImages(*set, request);
    keepNamed(made.attributes, p.attributes);
    if (made.attributes.empty())
        throw Error("has no attributes that could be recovered", set->info().name,
                    "Choose a set with classes or attributes of few values.");
    return made;
}

torch::Tensor reconFloat(const torch::Tensor& bytes)
{
    return bytes.to(torch::kFloat32).div_(255.0);
}

} // namespace assay::encryption
