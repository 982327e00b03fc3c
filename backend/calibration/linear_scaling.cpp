#include "backend/calibration/linear_scaling.h"

#include "backend/calibration/linear_loss.h"
#include "backend/calibration/minimise.h"
#include "backend/calibration/parameter_fields.h"
#include "backend/metrics/draws.h"
#include "backend/protocol/error.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace assay::calibration {

namespace {

constexpr MinimiseSpec kLinearSearch{.iterations = 2000, .tolerance = 1e-8, .memory = 20};
/// To tell weights of ODIR apart, a hundredth of the digits does.
constexpr MinimiseSpec kFoldSearch{.iterations = 300, .tolerance = 1e-5, .memory = 20};
/// Strongest first: each search starts where the one before it ended.
constexpr double kOdirGrid[] = {1000, 100, 10, 1, 0.1, 0.01, 0.001};

constexpr LinearShape kVector{"vector", false, false};
constexpr LinearShape kMatrix{"matrix", false, true};
constexpr LinearShape kDirichlet{"dirichlet", true, true};

std::vector<double> listed(const torch::Tensor& tensor)
{
    const torch::Tensor plain = tensor.contiguous();
    return {plain.data_ptr<double>(), plain.data_ptr<double>() + plain.numel()};
}

/// A map: weights [C,C] or [C], intercepts [C], and how it was regularised.
struct LinearFit
{
    torch::Tensor weights;
    torch::Tensor intercepts;
    Odir odir;

    LinearFit(const LinearShape& shape, const std::vector<double>& x, std::int64_t classes, const Odir& by)
        : odir(by)
    {
        const torch::Tensor all = torch::tensor(x, torch::kFloat64);
        const std::int64_t count = all.size(0) - classes;
        weights = all.narrow(0, 0, count).clone();
        if (shape.full)
            weights = weights.view({classes, classes});
        intercepts = all.narrow(0, count, classes).clone();
    }
};

class LinearScaling : public Calibrator
{
public:
    LinearScaling(const LinearShape& shape, LinearFit fit)
        : Calibrator(shape.id, fit.intercepts.size(0), false)
        , m_shape(shape)
        , m_fit(std::move(fit))
    {}
    Json parameters() const override
    {
        return {{"weights", listed(m_fit.weights)},
                {"intercepts", listed(m_fit.intercepts)},
                {"regularisation", {m_fit.odir.offDiagonal, m_fit.odir.intercept}}};
    }

private:
    torch::Tensor probabilities(const torch::Tensor& logits) const override
    {
        return linearMap(m_shape, linearFeatures(m_shape, logits), m_fit.weights, m_fit.intercepts)
            .softmax(1);
    }

    LinearShape m_shape;
    LinearFit m_fit;
};

/// The map that changes nothing: what every search starts at.
std::vector<double> identity(const LinearShape& shape, std::int64_t classes)
{
    std::vector<double> start = listed(shape.full ? torch::eye(classes, torch::kFloat64).flatten()
                                                  : torch::ones({classes}, torch::kFloat64));
    start.resize(start.size() + static_cast<std::size_t>(classes), 0.0);
    return start;
}

/// Numbers 0 .. n-1 in a random order that is always the same.
torch::Tensor shuffled(std::int64_t n)
{
    std::vector<std::int64_t> order(static_cast<std::size_t>(n));
    std::iota(order.begin(), order.end(), std::int64_t(0));
    metrics::Draws draws(0);
    for (std::int64_t i = n; i > 1; --i)
        std::swap(order[static_cast<std::size_t>(i - 1)], order[static_cast<std::size_t>(draws.below(i))]);
    return torch::tensor(order);
}

/// Held-out negative log likelihood, summed, for each weight of kOdirGrid.
std::vector<double> heldOut(const LinearShape& shape, const torch::Tensor& features,
                            const torch::Tensor& labels, std::int64_t folds)
{
    const std::int64_t n = features.size(0), classes = features.size(1);
    const torch::Tensor order = shuffled(n), fold = torch::arange(n) % folds;
    std::vector<double> sums(std::size(kOdirGrid), 0.0);
    for (std::int64_t k = 0; k < folds; ++k) {
        const torch::Tensor in = order.masked_select(fold != k), out = order.masked_select(fold == k);
        const torch::Tensor trainX = features.index_select(0, in), trainY = labels.index_select(0, in);
        const LinearLoss test(shape, features.index_select(0, out), labels.index_select(0, out), {});
        std::vector<double> x = identity(shape, classes), unused(x.size());
        for (std::size_t i = 0; i < std::size(kOdirGrid); ++i) {
            const LinearLoss loss(shape, trainX, trainY, {kOdirGrid[i], kOdirGrid[i]});
            x = minimise(loss, x, {}, kFoldSearch).x;
            sums[i] += test(x, unused) * static_cast<double>(out.size(0));
        }
    }
    return sums;
}

Odir chosenOdir(const LinearShape& shape, const torch::Tensor& features, const torch::Tensor& labels,
                const FitOptions& options)
{
    if (options.folds == 0)
        return {options.offDiagonal, options.intercept};
    const std::int64_t folds = std::min<std::int64_t>(options.folds, features.size(0));
    const std::vector<double> sums = heldOut(shape, features, labels, folds);
    const double best = kOdirGrid[std::min_element(sums.begin(), sums.end()) - sums.begin()];
    return {best, best};
}

std::unique_ptr<Calibrator> fitLinear(const LinearShape& shape, const FitSet& set, const FitOptions& options)
{
    if (!(options.offDiagonal >= 0) || !(options.intercept >= 0))
        throw Error("the regularisation of " + std::string(shape.id) + " scaling must be at least 0");
    if (options.folds != 0 && (options.folds < 2 || options.folds > 20))
        throw Error("a cross-validation of " + std::to_string(options.folds) +
                    " folds is asked for; it must have 2 to 20, or 0 for none");
    const torch::NoGradGuard guard;
    const torch::Tensor features = linearFeatures(shape, set.logits());
    const Odir odir = chosenOdir(shape, features, set.labels(), options);
    const LinearLoss loss(shape, features, set.labels(), odir);
    const Minimum minimum = minimise(loss, identity(shape, set.classes()), {}, kLinearSearch);
    return std::make_unique<LinearScaling>(shape, LinearFit(shape, minimum.x, set.classes(), odir));
}

std::unique_ptr<Calibrator> loadLinear(const LinearShape& shape, const Json& parameters, std::int64_t classes)
{
    std::vector<double> x = requiredReals(parameters, "weights", shape.full ? classes * classes : classes);
    const std::vector<double> intercepts = requiredReals(parameters, "intercepts", classes);
    const std::vector<double> odir = requiredReals(parameters, "regularisation", 2);
    checkReals(odir, "regularisation", 0, std::numeric_limits<double>::max());
    x.insert(x.end(), intercepts.begin(), intercepts.end());
    return std::make_unique<LinearScaling>(shape, LinearFit(shape, x, classes, {odir[0], odir[1]}));
}

CalibratorKind linearKind(const LinearShape& shape, std::string title, std::string reference)
{
    return {.id = shape.id,
            .title = std::move(title),
            .reference = std::move(reference),
            .preservesAccuracy = false,
            .fit = [shape](const FitSet& set,
                           const FitOptions& options) { return fitLinear(shape, set, options); },
            .load = [shape](const Json& parameters,
                            std::int64_t classes) { return loadLinear(shape, parameters, classes); }};
}

} // namespace

CalibratorKind vectorScalingKind()
{
    return linearKind(kVector, "Vector scaling",
                      "Guo et al. 2017, On Calibration of Modern Neural Networks, section 4.2");
}

CalibratorKind matrixScalingKind()
{
    return linearKind(kMatrix, "Matrix scaling with ODIR",
                      "Guo et al. 2017, section 4.2, regularised as Kull et al. 2019");
}

CalibratorKind dirichletKind()
{
    return linearKind(kDirichlet, "Dirichlet calibration with ODIR",
                      "Kull et al. 2019, Beyond temperature scaling");
}

} // namespace assay::calibration
