#include "backend/models/architectures/resnet_original.h"

#include "backend/models/architectures/options.h"
#include "backend/models/architectures/residual_network.h"

namespace assay::models {

namespace {

std::shared_ptr<Network> make(const char* key, BuiltinNetwork::Maker maker, const Json& options,
                              const InputSpec& input, std::int64_t classes, ResidualPlan plan)
{
    OptionReader reader(key, options);
    const std::int64_t width = reader.integer("width", 64, 1, 512);
    reader.finish();
    plan.widths = {width, 2 * width, 4 * width, 8 * width};
    return makeResidualNetwork(maker, options, input, classes, plan);
}

} // namespace

std::shared_ptr<Network> makeResnet18(const Json& options, const InputSpec& input, std::int64_t classes)
{
    return make("resnet18", makeResnet18, options, input, classes,
                {.blocks = {2, 2, 2, 2}, .largeStem = true});
}

std::shared_ptr<Network> makeResnet34(const Json& options, const InputSpec& input, std::int64_t classes)
{
    return make("resnet34", makeResnet34, options, input, classes,
                {.blocks = {3, 4, 6, 3}, .largeStem = true});
}

std::shared_ptr<Network> makeResnet50(const Json& options, const InputSpec& input, std::int64_t classes)
{
    return make("resnet50", makeResnet50, options, input, classes,
                {.blocks = {3, 4, 6, 3}, .bottleneck = true, .largeStem = true});
}

std::shared_ptr<Network> makeResnet18Cifar(const Json& options, const InputSpec& input, std::int64_t classes)
{
    return make("resnet18_cifar", makeResnet18Cifar, options, input, classes,
                {.blocks = {2, 2, 2, 2}, .shortcut = "shortcut", .head = "linear"});
}

} // namespace assay::models
