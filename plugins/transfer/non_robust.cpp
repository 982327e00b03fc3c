#include "plugins/transfer/non_robust.h"

#include "backend/attacks/boundary.h"
#include "backend/models/predict.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

namespace assay::transfer {

AimPair drawAims(std::int64_t count, std::int64_t classes, bool same, at::Generator generator)
{
    if (classes < 2)
        throw Error("two aims need two classes or more", "dataset", "Choose a data set with more classes.");
    const auto options = torch::TensorOptions(torch::kInt64).device(generator.device());
    AimPair aims;
    aims.t1 = torch::randint(classes, {count}, generator, options);
    const torch::Tensor offset = torch::randint(1, classes, {count}, generator, options);
    aims.t2 = same ? aims.t1.clone() : (aims.t1 + offset).remainder_(classes);
    return aims;
}

PairSet buildPairSet(const models::Model& first, const models::Model& second, const torch::Tensor& x,
                     const AimPair& aims, const attacks::PairSpec& spec, const attacks::AttackHooks& hooks)
{
    PairSet set;
    set.images = attacks::runPair(first, second, x, aims.t1, aims.t2, spec, hooks).adversarial;
    set.reached1 = models::predict(first, set.images) == aims.t1.cpu();
    set.reached2 = models::predict(second, set.images) == aims.t2.cpu();
    return set;
}

torch::Tensor noiseLike(const torch::Tensor& x, const torch::Tensor& reference, at::Generator generator)
{
    const torch::Tensor norm = (reference - x).flatten(1).norm(2, 1).view({-1, 1, 1, 1});
    return torch::addcmul(x, attacks::randomDirections(x, generator), norm).clamp_(0, 1);
}

torch::Tensor permuted(const torch::Tensor& labels, at::Generator generator)
{
    const auto options = torch::TensorOptions(torch::kInt64).device(generator.device());
    return labels.index_select(0, torch::randperm(labels.size(0), generator, options).to(labels.device()));
}

} // namespace assay::transfer
