#pragma once

#include "plugins/transfer/class_aware_results.h"

#include <torch/types.h>

#include <limits>

namespace assay::transfer {

namespace detail {

inline torch::Tensor ints(std::vector<std::int64_t> values)
{
    return torch::tensor(values, torch::kInt64);
}

inline EpsResult epsResult(torch::Tensor y1, std::vector<torch::Tensor> y2, double norm)
{
    EpsResult result;
    result.y1 = std::move(y1);
    result.paths.resize(y2.size());
    result.y2 = std::move(y2);
    result.meanL2 = norm;
    result.meanLinf = norm / 10;
    result.targetHit = std::numeric_limits<double>::quiet_NaN();
    return result;
}

} // namespace detail

/// Results as a run would leave them, small enough to check by hand: sources a, b; targets b, c, d; two
/// radii; six images of 4x4 pixels with ids 10, 20, ..., 60, all of class 0 of three.
///   source a, radius 1: five AEs; b same on all, c same on two and different on one, d unfooled by all.
///   Dist from a: b 0.1, c 0.5, d 2.
inline ClassAwareResults handMadeResults()
{
    using detail::epsResult;
    using detail::ints;
    ClassAwareResults r;
    r.sources = {"a", "b"};
    r.targets = {"b", "c", "d"};
    r.classes = {"zero", "one", "two"};
    r.eps = {0.5, 1};
    r.attack = "pgd";
    r.attackText = "PGD, 10 steps, L2";
    r.norm = "l2";
    r.ids = ints({10, 20, 30, 40, 50, 60});
    r.y = ints({0, 0, 0, 0, 0, 0});
    r.clean = torch::full({6, 1, 4, 4}, 100, torch::kUInt8);

    SourceResult a;
    a.similarity = {
        {.distance = 0.1, .cosine = 0.9}, {.distance = 0.5, .cosine = 0.4}, {.distance = 2, .cosine = 0.1}};
    const torch::Tensor weak = ints({1, 0, 0, 0, 0, 0}), strong = ints({1, 1, 2, 2, 1, 0}),
                        none = ints({0, 0, 0, 0, 0, 0});
    a.eps = {epsResult(weak, {weak, none, none}, 0.5),
             epsResult(strong, {strong, ints({1, 2, 2, 0, 0, 1}), none}, 0.9)};
    a.eps[1].paths[0] = torch::rand({6, 3}, torch::kFloat64);

    SourceResult b;
    b.similarity = {{}, {.distance = 0.3}, {.distance = 0.2}};
    b.eps = {epsResult(none, {{}, none, none}, 0.5), epsResult(strong, {{}, none, strong}, 0.8)};
    r.perSource = {a, b};
    return r;
}

} // namespace assay::transfer
