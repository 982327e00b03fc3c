#include "backend/calibration/isotonic_scaling.h"

#include "backend/calibration/isotonic.h"
#include "backend/calibration/logits.h"
#include "backend/calibration/parameter_fields.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <string>
#include <utility>
#include <vector>

namespace assay::calibration {

namespace {

constexpr double kOrderKeeping = 1e-9;

/// Applies function k to column k, or the only one to all.
torch::Tensor appliedColumns(const std::vector<IsotonicFunction>& functions, const torch::Tensor& p)
{
    torch::Tensor result = torch::empty_like(p);
    const std::int64_t classes = p.size(1);
    const double* from = p.data_ptr<double>();
    double* to = result.data_ptr<double>();
    for (std::int64_t i = 0; i < p.numel(); ++i)
        to[i] = functions[functions.size() == 1 ? 0 : static_cast<std::size_t>(i % classes)].at(from[i]);
    return result;
}

/// One function of all classes (multi) or one each.
class IsotonicScaling : public Calibrator
{
public:
    IsotonicScaling(bool multi, std::int64_t classes, std::vector<IsotonicFunction> functions)
        : Calibrator(multi ? "isotonic-multi" : "isotonic", classes, multi)
        , m_multi(multi)
        , m_functions(std::move(functions))
    {}

    Json parameters() const override
    {
        Json list = Json::array();
        for (const IsotonicFunction& function : m_functions)
            list.push_back({{"x", function.x}, {"y", function.y}});
        return {{"functions", list}};
    }

private:
    torch::Tensor probabilities(const torch::Tensor& logits) const override
    {
        const torch::Tensor p = logits.softmax(1).contiguous();
        torch::Tensor values = appliedColumns(m_functions, p);
        if (m_multi)
            values.add_(p, kOrderKeeping);
        return normalisedRows(values);
    }

    bool m_multi;
    std::vector<IsotonicFunction> m_functions;
};

IsotonicFunction fitted(const torch::Tensor& x, const torch::Tensor& y)
{
    const torch::Tensor a = x.contiguous(), b = y.contiguous();
    const auto n = static_cast<std::size_t>(a.numel());
    return fitIsotonic({a.data_ptr<double>(), n}, {b.data_ptr<double>(), n});
}

std::unique_ptr<Calibrator> fitOneVsAll(const FitSet& set, const FitOptions&)
{
    const torch::Tensor p = set.logits().softmax(1), truth = set.truth();
    std::vector<IsotonicFunction> functions;
    for (std::int64_t k = 0; k < set.classes(); ++k)
        functions.push_back(fitted(p.select(1, k), truth.select(1, k)));
    return std::make_unique<IsotonicScaling>(false, set.classes(), std::move(functions));
}

std::unique_ptr<Calibrator> fitMulti(const FitSet& set, const FitOptions&)
{
    std::vector<IsotonicFunction> functions = {fitted(set.logits().softmax(1), set.truth())};
    return std::make_unique<IsotonicScaling>(true, set.classes(), std::move(functions));
}

std::vector<IsotonicFunction> loadFunctions(const Json& parameters, std::int64_t count)
{
    std::vector<IsotonicFunction> functions;
    for (const Json& item : requiredList(parameters, "functions", count)) {
        IsotonicFunction function{.x = requiredReals(item, "x", -1), .y = requiredReals(item, "y", -1)};
        if (function.x.size() != function.y.size())
            throw Error("'x' and 'y' of an isotonic function must be equally long");
        checkReals(function.x, "x", 0, 1, true);
        checkReals(function.y, "y", 0, 1, true);
        functions.push_back(std::move(function));
    }
    return functions;
}

} // namespace

CalibratorKind isotonicOneVsAllKind()
{
    return {.id = "isotonic",
            .title = "Isotonic regression, one-vs-all",
            .reference = "Zadrozny and Elkan 2002, Transforming classifier scores into probabilities",
            .preservesAccuracy = false,
            .fit = fitOneVsAll,
            .load = [](const Json& parameters, std::int64_t classes) {
                return std::make_unique<IsotonicScaling>(false, classes, loadFunctions(parameters, classes));
            }};
}

CalibratorKind isotonicMultiKind()
{
    return {.id = "isotonic-multi",
            .title = "Isotonic regression of all classes (IRM)",
            .reference = "Zhang et al. 2020, Mix-n-Match",
            .preservesAccuracy = true,
            .fit = fitMulti,
            .load = [](const Json& parameters, std::int64_t classes) {
                return std::make_unique<IsotonicScaling>(true, classes, loadFunctions(parameters, 1));
            }};
}

} // namespace assay::calibration
