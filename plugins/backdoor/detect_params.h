#pragma once

#include "backend/poisoning/poison.h"
#include "backend/protocol/params.h"
#include "plugins/backdoor/detect_detector.h"
#include "plugins/backdoor/detect_teco.h"
#include "plugins/backdoor/trigger_params.h"

#include <optional>
#include <string>
#include <vector>

namespace assay::backdoor {

/// Parameters of `backdoor.detect`.
struct DetectParams
{
    std::vector<protocol::ModelRef> models = {{"fashion-badnets"}};
    protocol::DatasetRef dataset = {"fashion-mnist"};
    std::string knowledge = "card";
    std::string target = "0";
    std::string labels = "all-to-one";
    TriggerParams trigger;

    std::vector<std::string> detectors = {"psc", "teco", "strip", "scale-up", "spectral", "clustering"};
    int count = 100;
    std::string judge = "successful";
    int defender = 100;
    int seeds = 3;
    int trainingImages = 3000;
    double quantile = 0.95;
    int resamples = 1000;

    std::vector<double> omegas = {1.5, 2, 3, 5, 8};
    double xi = 0.6;
    int members = 5;
    double pscThreshold = 0.9;
    bool compat = false;

    std::vector<std::string> corruptions = tecoCorruptions();
    std::string preset = "paper";
    bool cumulative = false;
    std::string measure = "std";
    double tecoThreshold = 1;

    int overlays = 100;
    std::string mix = "add";
    std::vector<double> factors = {3, 5, 7, 9, 11};
    bool normalise = false;
    double expectedRate = 0.1;

    std::string viewModel;
    std::string viewDetector = "psc";
    std::optional<double> threshold;
    std::vector<std::string> viewCorruptions;
    int sample = -1;
};

template <class V>
void visitDetectSubject(V& v, DetectParams& p)
{
    v.field("models", p.models)
        .label("Suspect models")
        .minItems(1)
        .group("Model")
        .help("Classifiers, each with the backdoor that its card tells of.");
    v.field("dataset", p.dataset)
        .label("Images")
        .group("Model")
        .help("The test split is judged on; the training split where a card tells how it was poisoned.");
    v.field("knowledge", p.knowledge)
        .label("The trigger is known")
        .choices({"card", "stated"}, {"by the model's card", "as stated here"})
        .group("Trigger")
        .help("What makes the images that are to be found. As stated: also for a clean model, to see that "
              "nothing is found in it.");
    v.field("target", p.target)
        .label("Target class")
        .group("Trigger")
        .help("As stated: by name or number; all-to-all takes none.");
    v.field("labels", p.labels)
        .label("Labels")
        .choices(poisoning::labelModeNames(), {"all to one", "all to all", "clean label"})
        .advanced()
        .group("Trigger")
        .help("As stated: what the trigger is to make of a class.");
    visitTrigger(v, p.trigger, false);
}

template <class V>
void visitDetectJudging(V& v, DetectParams& p)
{
    std::vector<std::string> ids, titles;
    for (const DetectorInfo& info : detectorInfos()) {
        ids.push_back(info.id);
        titles.push_back(info.title);
    }
    v.field("detectors", p.detectors).label("Detectors").choices(ids, titles).minItems(1).group("Judging");
    v.field("count", p.count)
        .label("Images of each kind")
        .unit("images")
        .range(10, 100000)
        .group("Judging")
        .help("As many clean ones as ones with the trigger, no image twice; drawn with the seed.");
    v.field("judge", p.judge)
        .label("Triggered images")
        .choices({"successful", "all"}, {"that reach their target", "all"})
        .group("Judging")
        .help(
            "Of classes that the trigger is to change. A clean model needs all: none or few reach a target.");
    v.field("defender", p.defender)
        .label("Images of the defender")
        .unit("images")
        .range(2, 100000)
        .group("Judging")
        .help("Clean test images with their labels, apart from those judged.");
    v.field("seeds", p.seeds)
        .label("Repeats")
        .range(1, 100)
        .group("Judging")
        .help("With other images each: the deviation of every number.");
    v.field("training_images", p.trainingImages)
        .label("Training images")
        .unit("images")
        .range(20, 10000000)
        .group("Judging")
        .help("Spectral Signatures and Activation Clustering look at so many of the poisoned training set "
              "where the card tells it; else at the test images of the other detectors.");
    v.field("quantile", p.quantile)
        .label("Quantile on clean images")
        .range(0.5, 0.9999)
        .advanced()
        .group("Judging")
        .help("The second threshold: this quantile of the scores of the defender's images.");
    v.field("resamples", p.resamples)
        .label("Bootstrap resamples")
        .range(100, 100000)
        .advanced()
        .group("Judging")
        .help("Of the images, for the interval of each AUROC.");
}

template <class V>
void visitDetectPsc(V& v, DetectParams& p)
{
    v.field("psc_omega", p.omegas)
        .label("Amplification ω")
        .range(1.0001, 1000)
        .minItems(1)
        .group("IBD-PSC")
        .help("A ladder: the first one at which the error exceeds ξ is taken. The paper has 1.5 alone.");
    v.field("psc_xi", p.xi)
        .label("Error ξ")
        .range(0.01, 0.999)
        .group("IBD-PSC")
        .help("Of the amplified network on the defender's images, which ends the search for k.");
    v.field("psc_members", p.members).label("Amplified networks n").range(1, 100).group("IBD-PSC");
    v.field("psc_threshold", p.pscThreshold).label("Threshold T").range(0, 1).advanced().group("IBD-PSC");
    v.field("psc_compat", p.compat)
        .label("As the released code")
        .advanced()
        .group("IBD-PSC")
        .help("One layer more in each network, and the last network repeated beyond the first layer.");
}

template <class V>
void visitDetectTeco(V& v, DetectParams& p)
{
    std::vector<std::string> titles;
    for (const std::string& id : tecoCorruptions())
        titles.push_back(data::corruption(id).title);
    v.field("corruptions", p.corruptions)
        .label("Corruptions")
        .choices(tecoCorruptions(), titles)
        .minItems(1)
        .group("TeCo")
        .help("Frost is drawn where the authors paste photographs.");
    v.field("preset", p.preset)
        .label("Severities")
        .choices({"paper", "small-image", "cifar"},
                 {"of ImageNet-C, as the paper", "the same, half the lengths", "of CIFAR-10-C"})
        .group("TeCo")
        .help("Those of ImageNet-C are extreme on images of 28 or 32 pixels.");
    v.field("cumulative", p.cumulative)
        .label("Add up, as the released code")
        .advanced()
        .group("TeCo")
        .help("Each corruption is applied to what the one before has left, instead of to the image.");
    v.field("measure", p.measure)
        .label("Spread")
        .choices({"std", "mad", "mean"},
                 {"standard deviation", "median absolute deviation", "mean absolute deviation"})
        .advanced()
        .group("TeCo");
    v.field("teco_threshold", p.tecoThreshold).label("Threshold γ").range(0, 5).advanced().group("TeCo");
}

template <class V>
void visitDetectOthers(V& v, DetectParams& p)
{
    v.field("strip_overlays", p.overlays)
        .label("STRIP: overlays")
        .range(1, 100000)
        .advanced()
        .group("Other detectors")
        .help("Of the defender's images, at most all of them.");
    v.field("strip_mix", p.mix)
        .label("STRIP: overlays are")
        .choices({"add", "mean"}, {"added", "averaged"})
        .advanced()
        .group("Other detectors");
    v.field("scale_factors", p.factors)
        .label("SCALE-UP: factors")
        .range(1.0001, 1000)
        .minItems(1)
        .advanced()
        .group("Other detectors");
    v.field("scale_normalise", p.normalise)
        .label("SCALE-UP: normalise by class")
        .advanced()
        .group("Other detectors")
        .help("By mean and deviation of the defender's images of the predicted class.");
    v.field("expected_rate", p.expectedRate)
        .label("Spectral Signatures: expected rate")
        .range(0.0001, 0.6)
        .advanced()
        .group("Other detectors")
        .help("Half as many images again are flagged.");
}

template <class V>
void visitDetectView(V& v, DetectParams& p)
{
    v.field("view_model", p.viewModel)
        .label("Shown model")
        .live()
        .valuesFrom("models")
        .group("View")
        .help("The first is shown when this is none of them.");
    v.field("view_detector", p.viewDetector)
        .label("Shown detector")
        .live()
        .valuesFrom("detectors")
        .group("View")
        .help("The first is shown when this is none of them.");
    v.field("threshold", p.threshold)
        .label("Threshold")
        .live()
        .step(0.01)
        .group("View")
        .help("Images with a higher score are flagged. Empty: as the authors have it. A click on the "
              "histogram sets it.");
    std::vector<std::string> titles;
    for (const std::string& id : tecoCorruptions())
        titles.push_back(data::corruption(id).title);
    v.field("view_corruptions", p.viewCorruptions)
        .label("TeCo with these alone")
        .choices(tecoCorruptions(), titles)
        .minItems(0)
        .live()
        .group("View")
        .help(
            "Of the corruptions of the run; none: all of them. The AUROC in the histogram's title follows.");
    v.field("sample", p.sample)
        .label("Image on the wall")
        .live()
        .range(-1, 1e9)
        .group("View")
        .help("One of the judged images; another number shows the first with the trigger.");
}

template <class V>
void visit(V& v, DetectParams& p)
{
    visitDetectSubject(v, p);
    visitDetectJudging(v, p);
    visitDetectPsc(v, p);
    visitDetectTeco(v, p);
    visitDetectOthers(v, p);
    visitDetectView(v, p);
}

} // namespace assay::backdoor
