#pragma once

#include "backend/models/architectures/architectures.h"
#include "backend/protocol/params.h"
#include "plugins/backdoor/audit_marks.h"
#include "plugins/backdoor/audit_trigger.h"

#include <string>
#include <vector>

namespace assay::backdoor {

/// Parameters of `backdoor.audit`.
struct AuditParams
{
    protocol::DatasetRef dataset = {"fashion-mnist"};
    std::string target = "Pullover";
    double eps = 16.0 / 255;
    std::string form = "feature";
    int steps = 200;
    int batch = 64;
    int shift = 1;
    bool flip = false;
    std::string selection = "hard";
    std::vector<std::string> methods = {"trigger", "random"};
    std::vector<double> rates = {0.005, 0.01};
    std::string shadowArchitecture = "small_cnn";
    int shadowImages = 4000;
    int references = 3;
    std::string architecture = "small_cnn";
    int trainImages = 6000;
    int epochs = 4;
    double learningRate = 0.05;
    bool augmented = false;
    int seeds = 3;
    int count = 500;
    std::vector<double> kappas = {1, 2, 3};
    double kappa = 2;
    int queries = 300;
    double confidence = 0.95;
    std::string beta = "references";
    double margin = 3;
    std::string suspect;
};

template <class V>
void visitAuditOwner(V& v, AuditParams& p)
{
    v.field("dataset", p.dataset)
        .label("Images")
        .group("Owner")
        .help("Shadow and training images are drawn from the training split, queries from the test split.");
    v.field("target", p.target)
        .label("Class of the marked images")
        .group("Owner")
        .help("By name. The owner's images are of this class and keep their label.");
    v.field("eps", p.eps)
        .label("Bound of the marks")
        .unit("of [0,1]")
        .range(1.0 / 255, 1)
        .group("Owner")
        .help("Largest change of a pixel; 16 of 255 levels by default.");
    v.field("form", p.form)
        .label("What the trigger imitates")
        .choices(auditFormNames(), {"features of the class (F)", "its logit (C)", "both (FC)"})
        .group("Owner")
        .help("Features raise fewer false alarms, the logit more true ones.");
    v.field("steps", p.steps)
        .label("Steps")
        .range(1, 100000)
        .group("Owner")
        .help("Of Adam, for the trigger.");
    v.field("batch", p.batch)
        .label("Images of a step")
        .range(1, 10000)
        .advanced()
        .group("Owner")
        .help("Shadow images of other classes, drawn anew for each step.");
    v.field("shift", p.shift)
        .label("Moved by up to")
        .unit("pixels")
        .range(0, 16)
        .advanced()
        .group("Owner")
        .help("Augmentation while the trigger is optimised, so that it transfers.");
    v.field("flip", p.flip).label("Mirrored at random").advanced().group("Owner").help("Likewise.");
    v.field("selection", p.selection)
        .label("Images that are marked")
        .choices({"hard", "random"}, {"those of the largest loss", "drawn"})
        .group("Owner")
        .help(
            "Images that the shadow model finds hard bind the trigger better: the network needs it to learn "
            "them.");
    v.field("methods", p.methods)
        .label("Marks")
        .choices(auditMethodNames(),
                 {"optimised trigger", "random signs of the same bound", "white square, false labels (MIB)"})
        .group("Owner")
        .help("Random signs are the control. MIB (Hu et al. 2022) marks images of other classes and changes "
              "their labels.");
    v.field("rates", p.rates)
        .label("Marked fraction")
        .range(1e-5, 0.5)
        .group("Owner")
        .help("Of the training set. The last one is that of the controls.");
    v.field("shadow_architecture", p.shadowArchitecture)
        .label("Owner's architecture")
        .choices(models::architectureNames(), models::architectureNames())
        .group("Owner")
        .help("Of the shadow model and of the reference models.");
    v.field("shadow_images", p.shadowImages)
        .label("Shadow images")
        .range(100, 1000000)
        .group("Owner")
        .help("The owner's own set, none of which the suspects or the references see.");
    v.field("references", p.references)
        .label("Reference models")
        .range(2, 100)
        .group("Owner")
        .help("Trained by the owner without marks, on as many images as the suspects but others: they tell "
              "what "
              "the queries do to an innocent model.");
}

template <class V>
void visitAuditView(V& v, AuditParams& p)
{
    v.field("kappa", p.kappa)
        .label("Amplification")
        .range(0.1, 20)
        .live()
        .valuesFrom("kappas")
        .group("Audit")
        .help("Factor on the trigger in queries, which are the owner's own and need not be invisible.");
    v.field("queries", p.queries)
        .label("Queries asked")
        .range(2, 1000000)
        .live()
        .group("Audit")
        .help("The first of them; no more than were made.");
    v.field("confidence", p.confidence)
        .label("Confidence")
        .range(0.5, 0.999999)
        .live()
        .group("Audit")
        .help("1 less the level of the test. Divide the level by the number of classes that are audited.");
    v.field("beta", p.beta)
        .label("Rate of innocent models")
        .choices({"references", "chance"}, {"mean and margin of the references", "1 / classes (MIB)"})
        .live()
        .group("Audit")
        .help("What H0 says the rate is at most. A trigger alone moves some images to its class: chance "
              "accuses the innocent.");
    v.field("margin", p.margin)
        .label("Margin")
        .unit("deviations")
        .range(0, 100)
        .live()
        .group("Audit")
        .help("Standard deviations of the references' rates above their mean.");
    v.field("suspect", p.suspect)
        .label("Shown suspect")
        .live()
        .group("Audit")
        .help("By name, as the table has it; empty: the first with marks.");
}

template <class V>
void visit(V& v, AuditParams& p)
{
    visitAuditOwner(v, p);
    v.field("architecture", p.architecture)
        .label("Suspects' architecture")
        .choices(models::architectureNames(), models::architectureNames())
        .group("Suspects")
        .help("Which the owner need not know.");
    v.field("train_images", p.trainImages)
        .label("Training images")
        .range(100, 1000000)
        .group("Suspects")
        .help("Drawn from the training split, none of them the shadow model's or the references'.");
    v.field("epochs", p.epochs).label("Epochs").range(1, 10000).group("Suspects").help("Of all networks.");
    v.field("learning_rate", p.learningRate)
        .label("Learning rate")
        .range(1e-6, 10)
        .advanced()
        .group("Suspects")
        .help("At the start; it falls to 0. Of all networks.");
    v.field("augmented", p.augmented)
        .label("Augmented training")
        .group("Suspects")
        .help("Suspects see their images mirrored at random and moved by up to two pixels.");
    v.field("seeds", p.seeds)
        .label("Suspects of each kind")
        .range(1, 100)
        .group("Suspects")
        .help("From other initial weights and in another order. Ten and more tell rates of detection.");
    v.field("count", p.count)
        .label("Queries")
        .range(2, 1000000)
        .group("Audit")
        .help("Test images of other classes, drawn with the seed.");
    v.field("kappas", p.kappas)
        .label("Amplifications")
        .range(0.1, 20)
        .group("Audit")
        .help("That are queried.");
    visitAuditView(v, p);
}

} // namespace assay::backdoor
