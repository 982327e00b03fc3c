#pragma once

#include "backend/data/corruptions/corruption.h"
#include "backend/protocol/params.h"
#include "plugins/calibration/shifts.h"

#include <string>
#include <vector>

namespace assay::confidence {

/// Parameters of `calibration.shift`.
struct ShiftParams
{
    protocol::ModelRef model = {"fashion-cnn"};
    protocol::DatasetRef dataset = {"fashion-mnist"};
    int count = 2000;
    double fitShare = 0.5;
    std::vector<std::string> shifts = {"gaussian_noise", "gaussian_blur", "contrast", "brightness"};
    std::vector<double> severities = {0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5};
    std::string viewShift = "gaussian_noise";
    double viewSeverity = 3;
    int bins = 15;
};

template <class V>
void visit(V& v, ShiftParams& p)
{
    const CorruptionChoices corruptions = corruptionChoices();
    v.field("model", p.model).label("Model").group("Model").help("A classifier that images can be put to.");
    v.field("dataset", p.dataset)
        .label("Images")
        .group("Images")
        .help("Of the test split a part is fitted on, the rest is judged by.");
    v.field("count", p.count)
        .label("Test images")
        .unit("images")
        .range(40, 1000000)
        .group("Images")
        .help("Drawn from the test split with the seed.");
    v.field("fit_share", p.fitShare)
        .label("Part to fit on")
        .range(0.05, 0.95)
        .advanced()
        .group("Images")
        .help("The share of the images that the temperature is fitted on, clean.");
    v.field("shifts", p.shifts)
        .label("Shifts")
        .choices(corruptions.ids, corruptions.titles)
        .minItems(1)
        .group("Shifts")
        .help("Corruptions in the manner of CIFAR-C. Changes of colour are refused for grey images.");
    v.field("severities", p.severities)
        .label("Severities")
        .range(0.01, data::kMaxSeverity)
        .minItems(1)
        .group("Shifts")
        .help("Where curves have a point; clean images stand at 0.");
    v.field("view_shift", p.viewShift)
        .label("Shown shift")
        .live()
        .valuesFrom("shifts")
        .group("View")
        .help("The first shift is shown when this is none of them.");
    v.field("view_severity", p.viewSeverity)
        .label("Shown severity")
        .range(0, data::kMaxSeverity)
        .step(0.5)
        .live()
        .group("View")
        .help("0 shows clean images; the nearest computed severity is shown.");
    v.field("bins", p.bins).label("Bins").range(1, 200).live().group("View").help("Of equal width.");
}

} // namespace assay::confidence
