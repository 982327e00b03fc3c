#pragma once

#include "backend/protocol/params.h"
#include "plugins/backdoor/trigger_params.h"
#include "plugins/backdoor/unlearn_baselines.h"
#include "plugins/backdoor/unlearn_edit.h"

#include <string>
#include <vector>

namespace assay::backdoor {

/// Parameters of `backdoor.unlearn`.
struct UnlearnParams
{
    protocol::ModelRef model = {"fashion-badnets-vgg"};
    protocol::DatasetRef dataset = {"fashion-mnist"};
    int defender = 1000;
    int count = 1000;

    std::string knowledge = "card";
    std::string target;
    TriggerParams trigger;

    int samples = 20;
    std::vector<std::string> layers = {};
    std::string guidance = "contrast";
    std::string rule = "subtractive";
    double alpha = 5;
    bool search = false;
    bool biases = false;
    int increments = 10;

    bool repair = true;
    int repairImages = 40;
    int repairEpochs = 20;
    double repairRate = 2e-3;
    std::string repairLayers = "edited";

    std::vector<std::string> baselines = unlearnBaselines();
    int baselineEpochs = 10;
    double baselineRate = 1e-3;
    double pruned = 0.75;
    int anpSteps = 100;
    int ibauRounds = 3;
    double attention = 1000;

    std::vector<int> curve = {1, 2, 5, 10, 20, 50, 100};
    int seeds = 3;
    bool tsne = false;

    std::string viewMethod = "edit";
    int step = 100;
    std::string viewLayer;
};

template <class V>
void visitUnlearnInputs(V& v, UnlearnParams& p)
{
    v.field("model", p.model)
        .label("Model")
        .group("Model")
        .help("The suspect: a classifier whose weights can be copied.");
    v.field("dataset", p.dataset)
        .label("Images")
        .group("Model")
        .help("Its test split is shared out: a part for the defender, another to judge on.");
    v.field("defender", p.defender)
        .label("Images the defender has")
        .unit("images")
        .range(20, 1000000)
        .group("Model")
        .help("Of the test split, so that the model has not learned from them; at most half of it.");
    v.field("count", p.count)
        .label("Judged images")
        .unit("images")
        .range(20, 1000000)
        .group("Model")
        .help("Others of the test split.");
    v.field("knowledge", p.knowledge)
        .label("What the defender knows")
        .choices({"card", "stated", "none"}, {"the trigger, from the model's card",
                                              "the trigger, as stated below", "the target class alone"})
        .group("Backdoor")
        .help("With the target class alone, weights are edited by clean images of that class. The attack's "
              "success is always judged with the trigger of the card or, without one, with the one stated.");
    v.field("target", p.target)
        .label("Target class")
        .group("Backdoor")
        .help("Name or number; empty: what the card says.");
    visitTrigger(v, p.trigger, false);
}

template <class V>
void visitUnlearnEdit(V& v, UnlearnParams& p)
{
    v.field("samples", p.samples)
        .label("Images for the edit")
        .unit("images")
        .range(1, 100000)
        .group("Edit")
        .help("Of other classes, with the trigger and without; with the target class alone as many of that "
              "class and of others.");
    v.field("layers", p.layers)
        .label("Edited layers")
        .minItems(0)
        .group("Edit")
        .help("By name; none: the last two. Table `layers` lists them all.");
    v.field("guidance", p.guidance)
        .label("Guidance")
        .choices(guidanceNames(), {"what differs from clean images", "what is active"})
        .group("Edit")
        .help("Activity alone damages classes that share features with the images to forget.");
    v.field("edit", p.rule).label("Edit").choices(editRuleNames(), {"subtract", "damp"}).group("Edit");
    v.field("alpha", p.alpha)
        .label("Strength")
        .live()
        .range(0, 100)
        .step(0.1)
        .group("Edit")
        .help("5 is usual for subtracting, 2 for damping. On the finished run the edit is made anew while it "
              "is dragged, and judged on some of the images.");
    v.field("search", p.search)
        .label("Search the strength")
        .group("Edit")
        .help(
            "The least of 0.5, 1, 2, 5, 10, 20 that brings the attack's success on held-out images to 5 % or "
            "less; with the target class alone, that class's recall.");
    v.field("biases", p.biases).label("Edit biases too").advanced().group("Edit");
    v.field("increments", p.increments)
        .label("Increments")
        .range(1, 100)
        .advanced()
        .group("Edit")
        .help("Steps of the film in which the edit is applied.");
    v.field("repair", p.repair)
        .label("Repair")
        .group("Repair")
        .help("Gives the target class back, which the edit unlearns as a whole.");
    v.field("repair_images", p.repairImages)
        .label("Images per class")
        .unit("images")
        .range(1, 10000)
        .group("Repair")
        .help(
            "Labelled; the methods compared with use the same. Who knows the trigger repairs with triggered "
            "copies under their true labels as well.");
    v.field("repair_epochs", p.repairEpochs)
        .label("Epochs")
        .range(1, 1000)
        .group("Repair")
        .help(
            "At most: it ends when held-out images of the target class have their recall back and the attack "
            "succeeds on at most 5 % of others; else the epoch that comes nearest is kept. Without triggered "
            "copies 90 % of the recall are enough.");
    v.field("repair_rate", p.repairRate)
        .label("Learning rate")
        .range(1e-6, 1)
        .advanced()
        .group("Repair")
        .help("Of Adam.");
    v.field("repair_layers", p.repairLayers)
        .label("Repaired layers")
        .choices({"edited", "classifier"}, {"the edited ones", "the last one"})
        .group("Repair");
}

template <class V>
void visitUnlearnRest(V& v, UnlearnParams& p)
{
    v.field("baselines", p.baselines)
        .label("Compared with")
        .minItems(0)
        .choices(unlearnBaselines(), unlearnBaselineTitles())
        .group("Comparison")
        .help("All on the same images. Those that need triggered images are left out when the trigger is not "
              "known.");
    v.field("baseline_epochs", p.baselineEpochs).label("Epochs").range(1, 1000).group("Comparison");
    v.field("baseline_rate", p.baselineRate)
        .label("Learning rate")
        .range(1e-6, 1)
        .advanced()
        .group("Comparison")
        .help("Of Adam on all weights.");
    v.field("pruned", p.pruned)
        .label("Units pruned")
        .range(0, 1)
        .advanced()
        .group("Comparison")
        .help("Fine-pruning: share of the last convolution.");
    v.field("anp_steps", p.anpSteps).label("Steps of ANP").range(1, 100000).advanced().group("Comparison");
    v.field("ibau_rounds", p.ibauRounds)
        .label("Rounds of I-BAU")
        .range(1, 1000)
        .advanced()
        .group("Comparison");
    v.field("nad_weight", p.attention)
        .label("Weight of attention")
        .range(0, 1e6)
        .advanced()
        .group("Comparison")
        .help("NAD: of the distance between the attention maps.");
    v.field("curve", p.curve)
        .label("Images of the curve")
        .minItems(0)
        .range(1, 100000)
        .group("Comparison")
        .help("How the edit fares with so many images.");
    v.field("seeds", p.seeds)
        .label("Repeats")
        .range(1, 100)
        .group("Comparison")
        .help("With other images of the defender's; the film shows the first.");
    v.field("tsne", p.tsne)
        .label("t-SNE")
        .advanced()
        .group("Comparison")
        .help("Beside the principal components of the features: some seconds a model.");
    v.field("view_method", p.viewMethod)
        .label("Method")
        .live()
        .group("View")
        .help("Whose steps are shown; a click on a row of the methods' figure sets it.");
    v.field("step", p.step)
        .label("Step")
        .live()
        .range(0, 100)
        .step(1)
        .group("View")
        .help("Of the film: 0 is the model as it was. Past the end the last step is shown.");
    v.field("view_layer", p.viewLayer)
        .label("Layer")
        .live()
        .group("View")
        .help("Whose guidance is shown; empty: the first edited one.");
}

template <class V>
void visit(V& v, UnlearnParams& p)
{
    visitUnlearnInputs(v, p);
    visitUnlearnEdit(v, p);
    visitUnlearnRest(v, p);
}

} // namespace assay::backdoor
