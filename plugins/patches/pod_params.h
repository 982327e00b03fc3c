#pragma once

#include "backend/engine/reporting/detection_fields.h"
#include "backend/protocol/params.h"
#include "plugins/patches/pod_defences.h"

#include <string>
#include <vector>

namespace assay::patches::pod {

/// Parameters of `patches.pod`.
struct PodParams
{
    protocol::DatasetRef dataset = {"garment-scenes"};
    std::string objectClass;
    int trainCount = 1000;
    int testCount = 200;

    std::vector<std::string> trainings = {"naive", "patch", "pod", "adv", "adv_det"};
    int repeats = 3;
    int epochs = 14;
    std::vector<protocol::ModelRef> models = {};
    std::vector<std::string> defences = {"median", "jpeg", "lgs"};

    std::vector<std::string> families = {"cutout", "noise", "inv"};
    int patchCount = 5;
    double sideLow = 0.0625;
    double sideHigh = 0.1667;
    double patchWeight = 0.333;
    std::vector<int> advEpochs = {4, 8, 11};

    std::vector<std::string> attacks = {"scattered", "noise", "black", "advpatch",
                                        "adaptive",  "hcb",   "shape"};
    double size = 0.3;
    std::vector<double> sizes = {0.2, 0.4};
    std::vector<std::string> shapes = {"circle", "bar"};
    int patchSide = 12;
    int patchSteps = 120;
    int patchRestarts = 2;
    int patchImages = 200;
    double variation = 0;
    int searchCount = 60;
    int particles = 100;
    int shapeSteps = 100;

    std::string viewTraining = "naive";
    int viewRepeat = 1;
    std::string viewPatch = "advpatch";
    double x = 0.5;
    double y = 0.5;
    double patchSize = 0.15;
    double angle = 0;
    int sample = -1;
    double score = 0.4;
};

inline const std::vector<std::string>& trainingNames()
{
    static const std::vector<std::string> names = {"naive", "patch", "pod", "adv", "adv_det"};
    return names;
}

inline const std::vector<std::string>& attackNames()
{
    static const std::vector<std::string> names = {"scattered", "noise", "black", "advpatch",
                                                   "adaptive",  "hcb",   "shape"};
    return names;
}

/// Headings of trainingNames() and attackNames(), in their order.
const std::vector<std::string>& trainingTitles();
const std::vector<std::string>& attackTitles();
std::string trainingTitle(const std::string& name);
std::string attackTitle(const std::string& name); ///< "none" is "clean"

template <class V>
void visitPodData(V& v, PodParams& p)
{
    v.field("dataset", p.dataset)
        .label("Data set")
        .wants("boxes")
        .group("Data")
        .help("Images with boxes; both sides must be multiples of 8.");
    v.field("object_class", p.objectClass)
        .label("Object to find")
        .advanced()
        .group("Data")
        .help("Which of the set's classes of boxes stands for the person; empty: the first.");
    v.field("train_count", p.trainCount)
        .label("Training images")
        .unit("images")
        .range(8, 10000000)
        .group("Data")
        .help("Drawn from the training split with the seed. Patches of attacks are trained on them too.");
    v.field("test_count", p.testCount)
        .label("Test images")
        .unit("images")
        .range(4, 10000000)
        .group("Data")
        .help("Drawn from the test split with the seed; everything is measured on them.");
    v.field("trainings", p.trainings)
        .label("Trainings")
        .choices(trainingNames(), trainingTitles())
        .group("Detectors")
        .help("The same network, epochs, flips and seeds; only what covers the training images differs.");
    v.field("repeats", p.repeats)
        .label("Repeats of each")
        .range(1, 20)
        .group("Detectors")
        .help("From other initial weights and in another order, so that a result does not hang on one.");
    v.field("epochs", p.epochs)
        .label("Epochs")
        .range(1, 1000)
        .group("Detectors")
        .help("The same for all trainings.");
    v.field("models", p.models)
        .label("Further detectors")
        .minItems(0)
        .wants("detection")
        .advanced()
        .group("Detectors")
        .help("Detectors from outside, attacked and measured like the others but not trained.");
    v.field("defences", p.defences)
        .label("Simple defences")
        .minItems(0)
        .choices(defenceNames(), defenceTitles())
        .group("Detectors")
        .help("Clean the image before the undefended detector sees it. Attacks do not know of them.");
}

template <class V>
void visitPodTraining(V& v, PodParams& p)
{
    v.field("families", p.families)
        .label("Random patches")
        .choices({"cutout", "noise", "inv", "geometry"}, {"Black", "Noise", "Inverted parts", "Geometry"})
        .group("Augmentation")
        .help("What the patches of the training show.");
    v.field("patch_count", p.patchCount)
        .label("Patches per image")
        .range(1, 100)
        .group("Augmentation")
        .help("Pasted anywhere on every training image that has an object.");
    v.field("side_low", p.sideLow)
        .label("Smallest side")
        .unit("of the image's shorter side")
        .range(0.005, 1)
        .group("Augmentation");
    v.field("side_high", p.sideHigh)
        .label("Largest side")
        .unit("of the image's shorter side")
        .range(0.005, 1)
        .group("Augmentation");
    v.field("patch_weight", p.patchWeight)
        .label("Weight of the patch class")
        .range(0.001, 100)
        .advanced()
        .group("Augmentation")
        .help("In the loss, against 1 of the object's class.");
    v.field("adv_epochs", p.advEpochs)
        .label("Epochs after which a patch is learned")
        .range(1, 1000)
        .advanced()
        .group("Augmentation")
        .help("Adversarial training only. Later epochs paste the patches learned so far.");
}

template <class V>
void visitPodAttacks(V& v, PodParams& p)
{
    v.field("attacks", p.attacks)
        .label("Attacks")
        .choices(attackNames(), attackTitles())
        .group("Attacks")
        .help("Clean images are always measured. No training has seen any but the scattered patches.");
    v.field("size", p.size)
        .label("Patch size")
        .unit("of the object's diagonal")
        .range(0.02, 2)
        .group("Attacks")
        .help("Side of the patches that lie on objects.");
    v.field("sizes", p.sizes)
        .label("Further sizes")
        .unit("of the object's diagonal")
        .range(0.02, 2)
        .minItems(0)
        .group("Attacks")
        .help("The same patches pasted smaller and larger.");
    v.field("shapes", p.shapes)
        .label("Further shapes")
        .choices({"circle", "bar", "triangle"}, {"Circle", "Bar", "Triangle"})
        .minItems(0)
        .group("Attacks")
        .help("The same patches cut to other shapes than the square.");
    v.field("patch_side", p.patchSide)
        .label("Patch resolution")
        .unit("pixels")
        .range(2, 512)
        .advanced()
        .group("Attacks")
        .help("Of learned and noise patches, before they are pasted.");
    v.field("patch_steps", p.patchSteps)
        .label("Steps of a learned patch")
        .range(1, 100000)
        .group("Attacks")
        .help("A weak attack makes any defence look good.");
    v.field("patch_restarts", p.patchRestarts)
        .label("Restarts of a learned patch")
        .range(1, 100)
        .group("Attacks")
        .help("From other noise; the one that hurts most on the training images is used.");
    v.field("patch_images", p.patchImages)
        .label("Images of a learned patch")
        .unit("images")
        .range(1, 1000000)
        .advanced()
        .group("Attacks")
        .help("Training images that it is learned on.");
    v.field("variation", p.variation)
        .label("Smoothness of learned patches")
        .range(0, 1000)
        .advanced()
        .group("Attacks")
        .help("Weight of the total variation in the loss; 0: as hurtful as can be.");
    v.field("search_count", p.searchCount)
        .label("Images of searching attacks")
        .unit("images")
        .range(1, 1000000)
        .group("Attacks")
        .help("HOTCOLD blocks and learned shapes search on each image by itself: on the first of the test "
              "images.");
    v.field("particles", p.particles)
        .label("Particles of HOTCOLD blocks")
        .range(1, 10000)
        .advanced()
        .group("Attacks");
    v.field("shape_steps", p.shapeSteps)
        .label("Steps of learned shapes")
        .range(1, 10000)
        .advanced()
        .group("Attacks");
}

template <class V>
void visitPodView(V& v, PodParams& p)
{
    v.field("view_training", p.viewTraining)
        .label("Detector")
        .live()
        .valuesFrom("trainings")
        .group("View")
        .help("The first is shown when this is none of them.");
    v.field("view_repeat", p.viewRepeat).label("Repeat").live().range(1, 20).group("View");
    v.field("view_patch", p.viewPatch)
        .label("Patch")
        .live()
        .choices({"advpatch", "adaptive", "noise", "black", "none"},
                 {"Learned against it", "Adaptive", "Noise", "Black", "None"})
        .group("View")
        .help("Learned ones are those learned against the shown detector.");
    v.field("patch_x", p.x).label("Patch, across").live().range(0, 1).step(0.01).group("View");
    v.field("patch_y", p.y).label("Patch, down").live().range(0, 1).step(0.01).group("View");
    v.field("patch_size", p.patchSize)
        .label("Patch, size")
        .unit("of the image's shorter side")
        .live()
        .range(0.01, 1)
        .step(0.01)
        .group("View");
    v.field("patch_angle", p.angle)
        .label("Patch, turned")
        .unit("°")
        .live()
        .range(-360, 360)
        .step(1)
        .group("View");
    reporting::visitShownBoxes(v, p);
}

template <class V>
void visit(V& v, PodParams& p)
{
    visitPodData(v, p);
    visitPodTraining(v, p);
    visitPodAttacks(v, p);
    visitPodView(v, p);
}

} // namespace assay::patches::pod
