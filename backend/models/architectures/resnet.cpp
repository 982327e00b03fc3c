#include "backend/models/architectures/resnet.h"

#include "backend/models/architectures/options.h"
#include "backend/models/architectures/residual_network.h"
#include "backend/protocol/error.h"

namespace assay::models {

std::shared_ptr<Network> makeResnet(const Json& options, const InputSpec& input, std::int64_t classes)
{
    OptionReader reader("resnet", options);
    const auto widths = reader.integers("widths", {16, 32, 64}, 1, 4096, 1, 4);
    const auto blocks = reader.integers("blocks", std::vector<std::int64_t>(widths.size(), 1), 1, 100, 1, 4);
    reader.finish();
    if (blocks.size() != widths.size())
        throw Error("options 'widths' and 'blocks' differ in length: " + std::to_string(widths.size()) +
                        " and " + std::to_string(blocks.size()),
                    "resnet");
    requireSide("resnet", input, std::int64_t(1) << (widths.size() - 1));
    return makeResidualNetwork(makeResnet, options, input, classes,
                               {.widths = widths, .blocks = blocks, .channelsLast = true});
}

} // namespace assay::models
