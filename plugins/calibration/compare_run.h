#pragma once

#include "backend/calibration/calibrator.h"
#include "plugins/calibration/answers.h"
#include "plugins/calibration/compare_params.h"
#include "plugins/calibration/methods_report.h"
#include "plugins/calibration/shifted_tests.h"

#include <memory>
#include <optional>
#include <vector>

namespace assay::confidence {

/// One run of `calibration.compare`. Used once, from the thread that runs the study.
class CompareRun
{
public:
    CompareRun(engine::RunContext& context, CompareParams params);

    /// @throws Error for models that do not fit the images, and for shifts that the images cannot have.
    void execute();

private:
    struct Judged
    {
        std::shared_ptr<const models::Model> model;
        std::vector<torch::Tensor> labels; ///< per shift, int64 [N]
        std::vector<torch::Tensor> logits; ///< per shift, float32 [N,C]; undefined where not to be had
    };

    void openInputs();
    /// Logits of every shift of a model; from the cache where they are.
    void ask(std::size_t m);
    void compare(std::size_t m, int split);

    engine::RunContext& m_context;
    CompareParams m_params;
    MethodResults m_results;
    std::vector<Judged> m_judged;
    std::optional<ShiftedTests> m_tests; ///< none while only predictions are compared
};

/// What the figures of a comparison show under these parameters.
MethodView viewOf(const MethodResults& results, const ShiftedComparison& params);
/// The figures that live fields change.
void emitComparisonView(engine::RunContext& context, const MethodResults& results,
                        const ShiftedComparison& params);

} // namespace assay::confidence
