#pragma once

#include "backend/calibration/registry.h"
#include "backend/data/corruptions/corruption.h"
#include "backend/protocol/params.h"
#include "plugins/calibration/shifts.h"

#include <string>
#include <vector>

namespace assay::confidence {

/// On which shifts methods are judged, how often, and how sure the comparison is: shared by studies.
struct ShiftedComparison
{
    protocol::DatasetRef dataset = {"fashion-mnist"};
    int count = 2000;
    std::vector<std::string> shifts = {"gaussian_noise", "impulse_noise", "gaussian_blur", "contrast",
                                       "brightness"};
    std::vector<double> severities = {1, 3, 5};
    std::vector<std::string> domains;
    int splits = 3;
    double fitShare = 0.5;
    int bins = 15;
    int resamples = 200;
    std::string viewModel = "fashion-cnn";
    std::string viewMetric = "ece";
    std::string viewShift = "all";
};

template <class V>
void visitComparison(V& v, ShiftedComparison& p)
{
    const CorruptionChoices corruptions = corruptionChoices();
    v.field("dataset", p.dataset)
        .label("Images")
        .group("Images")
        .help("The test split: a part is fitted on, the rest is judged by. Files of predictions do without.");
    v.field("count", p.count)
        .label("Test images")
        .unit("images")
        .range(40, 1000000)
        .group("Images")
        .help("Drawn with the seed. Calibration errors of few images are mostly chance.");
    v.field("shifts", p.shifts)
        .label("Shifts")
        .minItems(0)
        .choices(corruptions.ids, corruptions.titles)
        .group("Shifts")
        .help("Corruptions in the manner of CIFAR-C. Clean images are always judged by, too. Changes of "
              "colour are refused for grey images.");
    v.field("severities", p.severities)
        .label("Severities")
        .range(0.01, data::kMaxSeverity)
        .group("Shifts")
        .help("Of every shift, from 0 (unchanged) to 5.");
    v.field("domains", p.domains)
        .label("Domains as shifts")
        .minItems(0)
        .advanced()
        .group("Shifts")
        .help("Values of the data set's attribute 'domain' that the models were not trained on, such as "
              "openmoji of emoji15: their images are judged by as further shifts and are left out of the "
              "clean ones.");
    v.field("splits", p.splits)
        .label("Splits")
        .range(1, 100)
        .group("Statistics")
        .help("How often the images are divided anew into those fitted on and those judged by.");
    v.field("fit_share", p.fitShare)
        .label("Part to fit on")
        .range(0.05, 0.95)
        .advanced()
        .group("Statistics")
        .help("The share of the images that calibrators are fitted on, clean.");
    v.field("bins", p.bins)
        .label("Bins of the ECE")
        .range(1, 200)
        .advanced()
        .group("Statistics")
        .help("Of equal width.");
    v.field("resamples", p.resamples)
        .label("Bootstrap resamples")
        .range(50, 100000)
        .advanced()
        .group("Statistics")
        .help("How often the judged samples are drawn anew for the paired intervals.");
    v.field("view_model", p.viewModel)
        .label("Shown model")
        .live()
        .valuesFrom("models")
        .group("View")
        .help("The first model is shown when this is none of them.");
    v.field("view_metric", p.viewMetric)
        .label("Shown metric")
        .choices({"ece", "nll", "brier", "auroc", "accuracy"},
                 {"ECE", "Negative log likelihood", "Brier score", "AUROC of the confidence", "Accuracy"})
        .live()
        .group("View")
        .help("What the figures show.");
    v.field("view_shift", p.viewShift)
        .label("Shown shift")
        .live()
        .valuesFrom("shifts")
        .group("View")
        .help(
            "The shift over whose severity methods are drawn; the mean over all when this is none of them.");
}

/// Parameters of `calibration.compare`.
struct CompareParams
{
    std::vector<protocol::ModelRef> models = {{"fashion-cnn"}, {"fashion-resnet"}, {"fashion-vgg"}};
    std::vector<std::string> calibrators = {
        "temperature", "ensemble-temperature", "vector", "isotonic-multi", "histogram", "spline"};
    ShiftedComparison comparison;
};

template <class V>
void visit(V& v, CompareParams& p)
{
    v.field("models", p.models)
        .label("Models")
        .group("Models")
        .help("Classifiers, or files of predictions, which are judged on what they hold: no shifts.");
    std::vector<std::string> ids, titles;
    for (const calibration::CalibratorKind& kind : calibration::calibratorKinds()) {
        ids.push_back(kind.id);
        titles.push_back(kind.title);
    }
    v.field("calibrators", p.calibrators)
        .label("Calibrators")
        .choices(ids, titles)
        .group("Calibrators")
        .help("Fitted on clean samples and compared with no calibration, which is always there.");
    visitComparison(v, p.comparison);
}

} // namespace assay::confidence
