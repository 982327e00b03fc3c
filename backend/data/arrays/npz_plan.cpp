#include "backend/data/arrays/npz_plan.h"

#include "backend/protocol/error.h"

#include <array>
#include <optional>

namespace assay::data {

namespace {

using arrays::ArrayBundle;
using arrays::NpyHeader;

constexpr std::string_view kTrain = "train";
constexpr std::array<const char*, 7> kImageStems = {"images", "x", "X", "data", "imgs", "image", "features"};
constexpr std::array<const char*, 7> kLabelStems = {"labels", "y",      "Y",    "targets",
                                                    "label",  "target", "class"};
constexpr std::array<const char*, 3> kValidation = {"val", "valid", "validation"};
/// Images and labels of a file that is not divided.
constexpr std::array<std::array<const char*, 2>, 13> kPairs = {{{"images", "labels"},
                                                                {"images", "targets"},
                                                                {"images", "y"},
                                                                {"X", "y"},
                                                                {"X", "Y"},
                                                                {"x", "y"},
                                                                {"data", "labels"},
                                                                {"data", "targets"},
                                                                {"data", "target"},
                                                                {"data", "y"},
                                                                {"imgs", "labels"},
                                                                {"image", "label"},
                                                                {"arr_0", "arr_1"}}};
constexpr std::array<const char*, 3> kSplitKeys = {"split", "is_test", "test"};

bool isImages(const NpyHeader& header)
{
    return !header.isText() && header.shape.size() >= 2 && header.shape.size() <= 4;
}

bool isLabels(const NpyHeader& header, std::int64_t count)
{
    return (header.shape.size() == 1 || header.shape.size() == 2) && header.shape[0] == count;
}

/// The part of two keys, when both are there and fit.
std::optional<NpzPart> partOf(const ArrayBundle& bundle, const std::string& images, const std::string& labels)
{
    if (images == labels || !bundle.has(images) || !bundle.has(labels))
        return std::nullopt;
    const NpyHeader header = bundle.header(images);
    if (!isImages(header) || !isLabels(bundle.header(labels), header.shape[0]))
        return std::nullopt;
    return NpzPart{.images = images, .labels = labels, .count = header.shape[0]};
}

/// "train" + "images" -> "train_images" or "images_train".
std::string joined(const std::string& token, const std::string& stem, bool front)
{
    return front ? token + "_" + stem : stem + "_" + token;
}

std::optional<NpzPart> findPart(const ArrayBundle& bundle, const std::string& token)
{
    for (const bool front : {true, false}) {
        for (const char* images : kImageStems) {
            for (const char* labels : kLabelStems) {
                if (auto part = partOf(bundle, joined(token, images, front), joined(token, labels, front)))
                    return part;
            }
        }
    }
    return std::nullopt;
}

std::optional<NpzPart> findDivided(const ArrayBundle& bundle, NpzPlan& plan)
{
    auto train = findPart(bundle, std::string(kTrain));
    if (!train)
        return std::nullopt;
    plan.parts.push_back(*train);
    for (const char* token : kValidation) {
        if (auto part = findPart(bundle, token)) {
            plan.parts.push_back(*part);
            break;
        }
    }
    if (auto test = findPart(bundle, "test")) {
        test->isTest = true;
        plan.parts.push_back(*test);
    }
    return train;
}

/// The one array of images and the one of labels that fits it.
std::optional<NpzPart> findOnly(const ArrayBundle& bundle)
{
    std::string images;
    for (const std::string& name : bundle.names()) {
        const NpyHeader header = bundle.header(name);
        if (!isImages(header) || header.shape.size() < 3)
            continue;
        if (!images.empty())
            return std::nullopt;
        images = name;
    }
    if (images.empty())
        return std::nullopt;
    const std::int64_t count = bundle.header(images).shape[0];
    std::string labels;
    for (const std::string& name : bundle.names()) {
        const NpyHeader header = bundle.header(name);
        const bool whole = header.kind == 'i' || header.kind == 'u' || header.isText();
        if (name == images || !whole || header.shape != std::vector<std::int64_t>{count})
            continue;
        if (!labels.empty())
            return std::nullopt;
        labels = name;
    }
    return labels.empty() ? std::nullopt : partOf(bundle, images, labels);
}

std::string findSplit(const ArrayBundle& bundle, std::int64_t count)
{
    for (const char* key : kSplitKeys) {
        if (bundle.has(key) && bundle.header(key).shape == std::vector<std::int64_t>{count})
            return key;
    }
    return "hash";
}

NpzPart namedPart(const ArrayBundle& bundle, const std::string& images, const std::string& labels,
                  const std::string& where)
{
    for (const std::string& key : {images, labels}) {
        if (key.empty() || !bundle.has(key))
            throw Error("has no array '" + key.substr(0, 100) + "'", where,
                        "Name the arrays of images and labels.");
    }
    if (auto part = partOf(bundle, images, labels))
        return *part;
    throw Error("the arrays '" + images + "' " + bundle.header(images).shapeText() + " and '" + labels +
                    "' " + bundle.header(labels).shapeText() + " are no images and labels",
                where, "Images are [N,H,W], [N,H,W,C], [N,C,H,W] or [N,H*W], labels [N].");
}

} // namespace

std::string NpzPlan::keyFor(std::size_t i, const std::string& key) const
{
    if (i == 0)
        return key;
    // What "train" is called in that part: the keys of the images differ in nothing else.
    const std::string& first = parts[0].images;
    const std::string& other = parts[i].images;
    const std::size_t at = first.find(kTrain);
    const std::size_t in = key.find(kTrain);
    if (at == std::string::npos || in == std::string::npos || other.size() + kTrain.size() < first.size())
        return {};
    const std::size_t length = other.size() + kTrain.size() - first.size();
    return std::string(key).replace(in, kTrain.size(), other.substr(at, length));
}

std::string NpzPlan::columnName(const std::string& key) const
{
    if (!isDivided())
        return key;
    std::string name = key;
    if (const std::size_t front = name.find("train_"); front != std::string::npos)
        return name.erase(front, kTrain.size() + 1);
    if (const std::size_t back = name.find("_train"); back != std::string::npos)
        return name.erase(back, kTrain.size() + 1);
    return name;
}

NpzPlan guessNpzPlan(const ArrayBundle& bundle)
{
    NpzPlan plan;
    if (!findDivided(bundle, plan)) {
        std::optional<NpzPart> only;
        for (const auto& [images, labels] : kPairs) {
            if (!only)
                only = partOf(bundle, images, labels);
        }
        if (!only)
            only = findOnly(bundle);
        if (!only)
            return plan;
        plan.parts.push_back(*only);
    }
    if (!plan.parts.back().isTest) {
        plan.parts.resize(
            1); // without a test part a validation part does not help: everything is divided anew
        plan.split = findSplit(bundle, plan.parts[0].count);
    }
    return plan;
}

void writeNpzPlan(const NpzPlan& plan, Json& options)
{
    options["images"] = plan.parts.empty() ? "" : plan.parts[0].images;
    options["labels"] = plan.parts.empty() ? "" : plan.parts[0].labels;
    for (std::size_t i = 1; i < plan.parts.size(); ++i) {
        const std::string prefix = plan.parts[i].isTest ? "test_" : "val_";
        options[prefix + "images"] = plan.parts[i].images;
        options[prefix + "labels"] = plan.parts[i].labels;
    }
    if (!plan.isDivided())
        options["split"] = plan.split.empty() ? "hash" : plan.split;
}

std::string textOption(const Json& options, const char* key, const std::string& where)
{
    const auto it = options.find(key);
    if (it == options.end() || it->is_null())
        return {};
    if (!it->is_string())
        throw Error("the option '" + std::string(key) + "' must be text", where);
    return it->get<std::string>();
}

NpzPlan readNpzPlan(const Json& options, const ArrayBundle& bundle, const std::string& where)
{
    NpzPlan plan;
    plan.parts.push_back(
        namedPart(bundle, textOption(options, "images", where), textOption(options, "labels", where), where));
    for (const bool test : {false, true}) {
        const std::string images = textOption(options, test ? "test_images" : "val_images", where);
        if (images.empty())
            continue;
        const std::string labels = textOption(options, test ? "test_labels" : "val_labels", where);
        plan.parts.push_back(namedPart(bundle, images, labels, where));
        plan.parts.back().isTest = test;
    }
    if (plan.isDivided() && !plan.parts.back().isTest)
        throw Error("has validation images but no test images", where, "Name the test images too.");
    plan.split = textOption(options, "split", where);
    return plan;
}

} // namespace assay::data
