#include "backend/calibration/registry.h"

#include "backend/calibration/ensemble_temperature.h"
#include "backend/calibration/histogram_binning.h"
#include "backend/calibration/isotonic_scaling.h"
#include "backend/calibration/linear_scaling.h"
#include "backend/calibration/sigmoid_scaling.h"
#include "backend/calibration/spline_scaling.h"
#include "backend/calibration/temperature.h"
#include "backend/protocol/error.h"
#include "backend/protocol/json_fields.h"
#include "backend/protocol/nearest.h"

#include <algorithm>

namespace assay::calibration {

const std::vector<CalibratorKind>& calibratorKinds()
{
    static const std::vector<CalibratorKind> kinds = {uncalibratedKind(),
                                                      temperatureKind(),
                                                      ensembleTemperatureKind(),
                                                      vectorScalingKind(),
                                                      matrixScalingKind(),
                                                      dirichletKind(),
                                                      plattKind(),
                                                      betaKind(),
                                                      histogramBinningKind(),
                                                      isotonicOneVsAllKind(),
                                                      isotonicMultiKind(),
                                                      splineKind()};
    return kinds;
}

const CalibratorKind& calibratorKind(const std::string& id)
{
    const std::vector<CalibratorKind>& kinds = calibratorKinds();
    const auto it = std::ranges::find(kinds, id, &CalibratorKind::id);
    if (it != kinds.end())
        return *it;
    std::vector<std::string> known;
    for (const CalibratorKind& kind : kinds)
        known.push_back(kind.id);
    throw Error("there is no calibrator '" + id + "'", "", protocol::suggestion(id, known));
}

Json calibratorJson(const Calibrator& calibrator)
{
    return {{"calibrator", calibrator.id()},
            {"classes", calibrator.classes()},
            {"parameters", calibrator.parameters()}};
}

std::unique_ptr<Calibrator> calibratorFromJson(const Json& json, const std::string& where)
{
    const protocol::JsonFields fields(json, where, "a calibrator");
    const std::int64_t classes = fields.count("classes");
    if (classes < 2 || classes > 1000000)
        throw Error("'classes' must be from 2 to 1000000; found was " + std::to_string(classes), where);
    const Json parameters = fields.object("parameters", true);
    try {
        return calibratorKind(fields.text("calibrator")).load(parameters, classes);
    } catch (const Error& error) {
        if (!error.where().empty())
            throw;
        throw Error(error.happened(), where, error.mend());
    }
}

} // namespace assay::calibration
