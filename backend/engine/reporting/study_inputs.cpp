#include "backend/engine/reporting/study_inputs.h"

#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>
#include <filesystem>

namespace assay::reporting {

namespace {

std::string sides(std::int64_t channels, std::int64_t height, std::int64_t width)
{
    return std::to_string(channels) + "×" + std::to_string(height) + "×" + std::to_string(width);
}

} // namespace

std::string shownName(const std::string& ref)
{
    return ref.find('/') == std::string::npos ? ref : std::filesystem::path(ref).stem().string();
}

std::vector<NamedModel> openModels(engine::RunContext& context, const std::vector<protocol::ModelRef>& refs,
                                   const data::DatasetInfo& info, const std::string& parameter)
{
    std::vector<NamedModel> opened;
    std::vector<std::string> given;
    for (const protocol::ModelRef& ref : refs) {
        const std::string name = shownName(ref.name);
        const auto known = std::ranges::find(opened, name, &NamedModel::name);
        if (known == opened.end()) {
            opened.push_back({name, context.model(ref)});
            given.push_back(ref.name);
            requireModelFits(*opened.back().model, info);
        } else if (given[static_cast<std::size_t>(known - opened.begin())] != ref.name) {
            throw Error("two different models are called '" + name + "'", parameter,
                        "Rename one of the files so that tables can tell them apart.");
        }
    }
    return opened;
}

void requireModelFits(const models::Model& model, const data::DatasetInfo& info)
{
    const std::string where = "model '" + model.name() + "'";
    const std::string mend = "Choose a model and a data set that fit.";
    model.requireNetwork("this study puts new images to it");
    const models::InputSpec& input = model.card().input;
    if (input.channels != info.channels || input.height != info.height || input.width != info.width)
        throw Error("it expects images of " + sides(input.channels, input.height, input.width) +
                        ", but those of " + info.title + " are " +
                        sides(info.channels, info.height, info.width),
                    where, mend);
    if (model.classCount() != static_cast<std::int64_t>(info.classes.size()))
        throw Error("it tells " + std::to_string(model.classCount()) + " classes apart, but " + info.title +
                        " has " + std::to_string(info.classes.size()),
                    where, mend);
}

TestImages TestImages::select(const torch::Tensor& rows) const
{
    return {ids.index_select(0, rows), x.index_select(0, rows.to(x.device())), y.index_select(0, rows)};
}

TestImages drawTestImages(engine::RunContext& context, const data::Dataset& dataset, std::int64_t count)
{
    const std::int64_t available = dataset.size(data::Split::Test);
    const torch::Tensor ids = torch::randperm(available, context.generator("images"), torch::kInt64)
                                  .narrow(0, 0, std::min(count, available))
                                  .contiguous();
    return {ids, dataset.images(data::Split::Test, ids, context.device()),
            dataset.labels(data::Split::Test).index_select(0, ids)};
}

torch::Tensor drawWrongClasses(engine::RunContext& context, const torch::Tensor& y, std::int64_t classes)
{
    // An offset 1 .. classes-1 from the label is uniform over the other classes.
    const torch::Tensor offset =
        torch::randint(1, classes, y.sizes(), context.generator("aim"), torch::kInt64);
    return (y + offset.to(y.device())).remainder_(classes);
}

} // namespace assay::reporting
