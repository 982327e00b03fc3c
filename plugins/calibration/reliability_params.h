#pragma once

#include "backend/protocol/params.h"

#include <string>

namespace assay::confidence {

/// Parameters of `calibration.reliability`.
struct ReliabilityParams
{
    protocol::ModelRef model = {"fashion-cnn"};
    protocol::DatasetRef dataset = {"fashion-mnist"};
    int count = 10000;
    bool fit = true;
    double fitShare = 0.5;
    int resamples = 1000;
    int bins = 15;
    std::string binning = "equal-width";
    double temperature = 1;
    std::string viewClass;
};

template <class V>
void visit(V& v, ReliabilityParams& p)
{
    v.field("model", p.model)
        .label("Model")
        .group("Model")
        .help("A classifier, or a file of predictions: NPZ with logits [N,C] and labels [N].");
    v.field("dataset", p.dataset)
        .label("Images")
        .group("Images")
        .help("The test split is asked. A file of predictions with labels does without.");
    v.field("count", p.count)
        .label("Test images")
        .unit("images")
        .range(20, 1000000)
        .group("Images")
        .help("Drawn from the test split with the seed. A file of predictions is always taken whole.");
    v.field("fit", p.fit)
        .label("Fit a temperature")
        .group("Temperature")
        .help("Fits a temperature on a part of the samples and shows what it does on the others.");
    v.field("fit_share", p.fitShare)
        .label("Part to fit on")
        .range(0.05, 0.95)
        .advanced()
        .group("Temperature")
        .help("The share of the samples, drawn with the seed, that the temperature is fitted on.");
    v.field("resamples", p.resamples)
        .label("Bootstrap resamples")
        .range(100, 100000)
        .advanced()
        .group("Statistics")
        .help("How often the samples are drawn anew for the intervals of the calibration errors. Of very "
              "many samples fewer are taken, which the log says.");
    v.field("bins", p.bins)
        .label("Bins")
        .range(1, 200)
        .live()
        .group("View")
        .help("Few bins hide what happens within them, many hold few samples each: watch the intervals.");
    v.field("binning", p.binning)
        .label("Binning of the details")
        .choices({"equal-width", "equal-mass"}, {"Equal width", "Equal mass"})
        .live()
        .group("View")
        .help("Both diagrams are always shown; this one is taken for the table of bins, the classes and the "
              "histogram.");
    v.field("temperature", p.temperature)
        .label("Temperature")
        .range(0.05, 20)
        .step(0.05)
        .live()
        .group("View")
        .help("Logits are divided by it. 1 shows the model as it is; above, it becomes less sure.");
    v.field("view_class", p.viewClass)
        .label("Shown class")
        .live()
        .group("View")
        .help("The class whose own reliability is shown; the first one when this is none of them.");
}

} // namespace assay::confidence
