#include "backend/models/architectures/architectures.h"

#include "backend/models/architectures/convmixer.h"
#include "backend/models/architectures/densenet.h"
#include "backend/models/architectures/grid_detector.h"
#include "backend/models/architectures/mlp.h"
#include "backend/models/architectures/mobilenet_v2.h"
#include "backend/models/architectures/patch_transformer.h"
#include "backend/models/architectures/resnet.h"
#include "backend/models/architectures/resnet_original.h"
#include "backend/models/architectures/small_cnn.h"
#include "backend/models/architectures/vgg.h"
#include "backend/models/architectures/vgg16.h"
#include "backend/models/architectures/vit.h"
#include "backend/models/architectures/wide_resnet.h"
#include "backend/protocol/error.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace assay::models {

namespace {

using Maker = std::shared_ptr<Network> (*)(const Json&, const InputSpec&, std::int64_t);

constexpr std::int64_t kMaxClasses = 100000;
constexpr std::int64_t kMaxSide = 4096;

const std::map<std::string, Maker>& makers()
{
    static const std::map<std::string, Maker> table = {
        {"convmixer", makeConvmixer},
        {"convmixer_original", makeConvmixerOriginal},
        {"deit_small", makeDeitSmall},
        {"deit_tiny", makeDeitTiny},
        {"densenet121", makeDensenet121},
        {"mlp", makeMlp},
        {"mobilenet_v2", makeMobilenetV2},
        {"patch_transformer", makePatchTransformer},
        {"resnet", makeResnet},
        {"resnet18", makeResnet18},
        {"resnet18_cifar", makeResnet18Cifar},
        {"resnet34", makeResnet34},
        {"resnet50", makeResnet50},
        {"small_cnn", makeSmallCnn},
        {"vgg", makeVgg},
        {"vgg16", makeVgg16},
        {"vgg16_bn", makeVgg16Bn},
        {"vit_small", makeVitSmall},
        {"vit_tiny", makeVitTiny},
        {"wide_resnet28_10", makeWideResnet},
    };
    return table;
}

const std::map<std::string, Maker>& detectorMakers()
{
    static const std::map<std::string, Maker> table = {{"grid-detector", makeGridDetector}};
    return table;
}

std::vector<std::string> keysOf(const std::map<std::string, Maker>& table)
{
    std::vector<std::string> keys;
    for (const auto& entry : table)
        keys.push_back(entry.first);
    return keys;
}

/// Cards come from outside: what they ask for is bounded before a network is made of it.
void check(const InputSpec& input, std::int64_t classes, bool detects)
{
    const std::int64_t fewest = detects ? 1 : 2;
    if (classes < fewest || classes > kMaxClasses)
        throw Error(std::string(detects ? "a detector" : "a classifier") + " of " + std::to_string(classes) +
                    " classes cannot be made; " + std::to_string(fewest) + " to " +
                    std::to_string(kMaxClasses) + " are allowed");
    if (input.channels < 1 || input.channels > 4 || input.height < 1 || input.width < 1 ||
        input.height > kMaxSide || input.width > kMaxSide)
        throw Error("an input of " + std::to_string(input.channels) + " x " + std::to_string(input.height) +
                    " x " + std::to_string(input.width) + " is not allowed; channels go to 4, sides to " +
                    std::to_string(kMaxSide));
    const auto channels = static_cast<std::size_t>(input.channels);
    if (input.mean.size() != channels || input.stddev.size() != channels)
        throw Error("mean and stddev need one value for each of the " + std::to_string(input.channels) +
                    " channels");
    if (std::any_of(input.stddev.begin(), input.stddev.end(), [](double s) { return !(s > 0); }))
        throw Error("stddev must be greater than 0 in every channel");
    if (!(input.scale > 0) || !std::isfinite(input.scale))
        throw Error("scale must be greater than 0");
    if (input.bgr && input.channels != 3)
        throw Error("an input of " + std::to_string(input.channels) +
                        " channels has no order blue, green, red",
                    {}, "Only inputs of 3 channels can be 'bgr'.");
}

} // namespace

std::shared_ptr<Network> makeNetwork(const std::string& architecture, const Json& options,
                                     const InputSpec& input, std::int64_t classes)
{
    const bool detects = detectorMakers().contains(architecture);
    const auto& table = detects ? detectorMakers() : makers();
    const auto it = table.find(architecture);
    if (it == table.end()) {
        std::string names;
        for (const auto& known : {architectureNames(), detectorArchitectureNames()}) {
            for (const std::string& name : known)
                names += (names.empty() ? "" : ", ") + name;
        }
        throw Error("there is no architecture '" + architecture + "'", {},
                    "Known architectures: " + names + ".");
    }
    check(input, classes, detects);
    return it->second(options, input, classes);
}

const std::vector<std::string>& architectureNames()
{
    static const std::vector<std::string> names = keysOf(makers());
    return names;
}

const std::vector<std::string>& detectorArchitectureNames()
{
    static const std::vector<std::string> names = keysOf(detectorMakers());
    return names;
}

} // namespace assay::models
