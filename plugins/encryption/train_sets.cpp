#include "backend/data/recipes/tinted_fashion.h"
#include "backend/protocol/error.h"
#include "plugins/encryption/train_run.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::encryption {

namespace {

/// What of the attributes the class determines, in every image of the split.
std::vector<TrainSet::Part> partsOfClasses(const data::Dataset& set)
{
    std::vector<TrainSet::Part> parts;
    const torch::Tensor labels = set.labels(data::Split::Train).contiguous();
    for (const data::Attribute& attribute : set.samples(data::Split::Train).attributes) {
        if (!attribute.codes.defined() || attribute.values.size() < 2)
            continue;
        const torch::Tensor codes = attribute.codes.contiguous();
        std::vector<std::int64_t> ofClass(set.info().classes.size(), -1);
        bool determined = true;
        for (std::int64_t i = 0; i < labels.size(0) && determined; ++i) {
            auto& known = ofClass[static_cast<std::size_t>(labels.data_ptr<std::int64_t>()[i])];
            const std::int64_t code = codes.data_ptr<std::int32_t>()[i];
            determined = code >= 0 && (known < 0 || known == code);
            known = code;
        }
        if (determined && std::ranges::find(ofClass, -1) == ofClass.end())
            parts.push_back({attribute.name, attribute.values, std::move(ofClass)});
    }
    return parts;
}

torch::Tensor drawnIds(engine::RunContext& context, const char* stream, std::int64_t all, std::int64_t wanted)
{
    return torch::randperm(all, context.generator(stream), torch::kInt64).narrow(0, 0, std::min(all, wanted));
}

} // namespace

bool canBeTinted(const data::DatasetInfo& info)
{
    return info.name == "fashion-mnist" && info.channels == 1 && info.classes.size() == 10;
}

TrainSet trainSetOf(engine::RunContext& context, const TrainParams& params, bool tinted)
{
    std::shared_ptr<const data::Dataset> set = context.dataset(params.dataset);
    if (tinted) {
        // Larger sets are the same images and more of them: what was trained on a part stays in the cache.
        data::TintedFashionSpec spec;
        spec.train = std::clamp<std::int64_t>(params.trainImages, spec.train, 30000);
        spec.test = std::clamp<std::int64_t>(params.count, spec.test, 5000);
        set = data::tintedFashion(*set, spec);
    }
    const data::DatasetInfo& info = set->info();
    if (info.classes.size() < 2)
        throw Error(info.title + " has no classes to tell apart", "dataset",
                    "Choose a data set of labelled images.");
    TrainSet result{.name = info.name, .title = info.title, .classes = info.classes};
    result.parts = partsOfClasses(*set);
    result.trainIds = drawnIds(context, "train images", set->size(data::Split::Train), params.trainImages);
    result.testIds = drawnIds(context, "test images", set->size(data::Split::Test), params.count);
    result.trainImages = set->pixelsOf(data::Split::Train, result.trainIds);
    result.trainLabels = set->labels(data::Split::Train).index_select(0, result.trainIds);
    result.testImages = set->pixelsOf(data::Split::Test, result.testIds);
    result.testLabels = set->labels(data::Split::Test).index_select(0, result.testIds);
    return result;
}

} // namespace assay::encryption
