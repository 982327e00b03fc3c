#pragma once

#include "backend/engine/run_context.h"

#include <string>
#include <vector>

namespace assay::reporting {

/// How figures and tables call a model: its workspace name, or the file's name without ending for a path.
std::string shownName(const std::string& ref);

struct NamedModel
{
    std::string name; ///< shownName()
    std::shared_ptr<const models::Model> model;
};

/// Opens models for one data set; listed twice, once is enough.
/// @throws Error as requireModelFits(), and for two different models that would be shown under one name.
std::vector<NamedModel> openModels(engine::RunContext& context, const std::vector<protocol::ModelRef>& refs,
                                   const data::DatasetInfo& info, const std::string& parameter);

/// @throws Error when the model has no network, expects images of another size or tells other numbers of
/// classes apart.
void requireModelFits(const models::Model& model, const data::DatasetInfo& info);

/// Images of the test split drawn with the run's seed.
struct TestImages
{
    torch::Tensor ids; ///< int64 [N], indices into the test split, in the order drawn
    torch::Tensor x;   ///< float32 [N,C,H,W] in [0,1] on the run's device
    torch::Tensor y;   ///< int64 [N] on the CPU
    std::int64_t size() const { return ids.size(0); }
    /// Those at @p rows, int64 [n] on the CPU.
    TestImages select(const torch::Tensor& rows) const;
};

/// The first @p count of a random order that depends on the seed alone: a larger count only appends.
TestImages drawTestImages(engine::RunContext& context, const data::Dataset& dataset, std::int64_t count);

/// Wrong classes drawn uniformly: int64 [N] on the device of @p y, none equal to the label.
torch::Tensor drawWrongClasses(engine::RunContext& context, const torch::Tensor& y, std::int64_t classes);

} // namespace assay::reporting
