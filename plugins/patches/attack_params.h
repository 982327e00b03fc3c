#pragma once

#include "backend/attacks/patch/objective.h"
#include "backend/attacks/patch/patch_training.h"
#include "backend/protocol/params.h"

#include <string>
#include <vector>

namespace assay::patches {

/// Parameters of `patches.attack`.
struct AttackParams
{
    std::vector<protocol::ModelRef> models = {{"fashion-cnn"}, {"fashion-mlp"}};
    protocol::DatasetRef dataset = {"fashion-mnist"};
    int trainCount = 500;
    int count = 300;
    std::string target;
    std::string hide;
    std::string loss = "probability";
    std::string detectorLoss = "score";
    std::vector<std::string> alsoHide;
    double size = 0.4;
    int pixels = 0;
    std::string shape = "square";
    std::string shapeFrom;
    std::vector<std::string> patches;
    std::string place = "anywhere";
    double left = 0, right = 1, top = 0, bottom = 1;
    double scale = 0.15;
    double angle = 15;
    double offset = 0.1;
    double contrast = 0.1;
    double brightness = 0.05;
    double noise = 0.05;
    int steps = 200;
    int batch = 100;
    double rate = 0.03;
    std::string step = "adam";
    int restarts = 1;
    double variation = 0.1;
    double nonPrintable = 0.01;
    std::vector<double> sizes = {0.2, 0.3, 0.4, 0.5};
    std::vector<double> angles = {-45, -30, -15, 0, 15, 30, 45};
    int gridSide = 7;
    int mapCount = 60;
    std::string viewPatch = "trained";
    int sample = -1;
    double patchX = 0.5;
    double patchY = 0.5;
    double patchSize = 0.4;
    double patchAngle = 0;
};

template <class V>
void visitAttackInputs(V& v, AttackParams& p)
{
    v.field("models", p.models)
        .label("Models")
        .group("Models")
        .wants("any")
        .help("The patch is trained on the first; the others are shown it without having had a say. Either "
              "classifiers or detectors.");
    v.field("dataset", p.dataset)
        .label("Images")
        .group("Images")
        .help("The patch is trained on the training split and judged on the test split. Detectors need a set "
              "with boxes.");
    v.field("train_count", p.trainCount)
        .label("Training images")
        .range(1, 100000)
        .group("Images")
        .help("Drawn from the training split with the seed.");
    v.field("count", p.count)
        .label("Test images")
        .range(1, 100000)
        .group("Images")
        .help("Drawn from the test split with the seed.");
    v.field("target", p.target)
        .label("Target class")
        .group("Aim")
        .help("Name of the class that images with the patch shall be taken for; empty: any wrong one.");
    v.field("hide", p.hide)
        .label("Class to hide")
        .group("Aim")
        .help("Detectors: name of the class whose objects shall not be found; empty: the first of the set's "
              "boxes.");
    v.field("loss", p.loss)
        .label("Loss of a classifier")
        .choices(attacks::classifierLossNames(), {"log likelihood", "probability", "margin of the logits"})
        .advanced()
        .group("Aim")
        .help("What is lowered of the true class (of a target: raised).");
    v.field("detector_loss", p.detectorLoss)
        .label("Loss of a detector")
        .choices(attacks::detectorLossNames(), {"score", "objectness", "class probability"})
        .advanced()
        .group("Aim")
        .help("Of the surest candidate in each image.");
    v.field("also_hide", p.alsoHide)
        .label("Classes to hide as well")
        .minItems(0)
        .advanced()
        .group("Aim")
        .help("Detectors: an adaptive attack names the class that a defence gives patches.");
}

template <class V>
void visitAttackPatch(V& v, AttackParams& p)
{
    v.field("size", p.size)
        .label("Size")
        .range(0.02, 2)
        .group("Patch")
        .help(
            "Width of the patch: a fraction of the image's shorter side, on objects of the box's diagonal.");
    v.field("pixels", p.pixels)
        .label("Own pixels")
        .range(0, 512)
        .advanced()
        .group("Patch")
        .help("Width of the patch in pixels of its own; 0: as many as it covers of an image.");
    v.field("shape", p.shape)
        .label("Shape")
        .choices(attacks::patchShapeNames())
        .group("Patch")
        .help("What of the square belongs to the patch.");
    v.field("shape_from", p.shapeFrom)
        .label("Shape from")
        .advanced()
        .group("Patch")
        .help("A kept patch, or the path of a PNG: its transparency is the shape.");
    v.field("patches", p.patches)
        .label("Further patches")
        .minItems(0)
        .group("Patch")
        .help("Kept patches by name, or paths of PNG files: judged beside the trained one.");
    v.field("place", p.place)
        .label("Place")
        .choices({"anywhere", "region", "objects"},
                 {"anywhere on the image", "in a region", "on each object"})
        .group("Expectation")
        .help("Where the patch lies while it is trained and judged.");
    const auto edge = [&](const char* name, double& value, const char* label) {
        v.field(name, value)
            .label(label)
            .range(0, 1)
            .advanced()
            .group("Expectation")
            .help("Edge of the region for the patch's centre, a fraction of the image.");
    };
    edge("left", p.left, "Region: left");
    edge("right", p.right, "Region: right");
    edge("top", p.top, "Region: top");
    edge("bottom", p.bottom, "Region: bottom");
    const auto either = [&](const char* name, double& value, const char* label, double most,
                            const char* help) {
        return v.field(name, value).label(label).range(0, most).group("Expectation").help(help);
    };
    either("scale", p.scale, "Scale ±", 0.9, "The size varies by this fraction to either side.");
    either("angle", p.angle, "Rotation ±", 180, "To either side.").unit("°");
    either("offset", p.offset, "Offset ±", 1, "On objects: of the box's width and height.").advanced();
    either("contrast", p.contrast, "Contrast ±", 0.9, "Factor on the patch's values, about 1.");
    either("brightness", p.brightness, "Brightness ±", 0.9, "Added to the patch's values.");
    either("noise", p.noise, "Noise ±", 0.9, "Added to each pixel of the patch, anew for each image.");
}

template <class V>
void visitAttackTraining(V& v, AttackParams& p)
{
    v.field("steps", p.steps).label("Steps").range(1, 100000).group("Training").help("Of each try.");
    v.field("batch", p.batch)
        .label("Images of a step")
        .range(1, 10000)
        .advanced()
        .group("Training")
        .help("The gradient is their mean.");
    v.field("rate", p.rate)
        .label("Step size")
        .range(1e-5, 1)
        .advanced()
        .group("Training")
        .help("In units of the pixels' range.");
    v.field("step", p.step)
        .label("Rule")
        .choices({"adam", "sign"}, {"Adam", "sign of the gradient"})
        .advanced()
        .group("Training")
        .help("How the gradient becomes a step.");
    v.field("restarts", p.restarts)
        .label("Tries")
        .range(1, 100)
        .group("Training")
        .help("From other noise; the one with the lowest loss is kept. Report at least two for a defence.");
    v.field("tv", p.variation)
        .label("Weight of the variation")
        .range(0, 1000)
        .group("Training")
        .help("Smooth patches survive printing and cameras: mean absolute difference of neighbours.");
    v.field("nps", p.nonPrintable)
        .label("Weight of printability")
        .range(0, 1000)
        .group("Training")
        .help("Distance to the nearest colour that a printer gives.");
    v.field("sizes", p.sizes)
        .label("Sizes judged")
        .range(0.02, 2)
        .group("Judged")
        .help("As the size above; the patch is not trained again.");
    v.field("angles", p.angles)
        .label("Rotations judged")
        .unit("°")
        .range(-180, 180)
        .group("Judged")
        .help("Each with each size.");
    v.field("grid", p.gridSide)
        .label("Places a side")
        .range(1, 40)
        .advanced()
        .group("Judged")
        .help("Success by place is found on a grid of so many rows and columns.");
    v.field("map_count", p.mapCount)
        .label("Images of the maps")
        .range(1, 10000)
        .advanced()
        .group("Judged")
        .help("The first of the test images: for success by place, and by size and rotation.");
}

template <class V>
void visit(V& v, AttackParams& p)
{
    visitAttackInputs(v, p);
    visitAttackPatch(v, p);
    visitAttackTraining(v, p);
    v.field("view_patch", p.viewPatch)
        .label("Shown patch")
        .choices({"trained", "random", "kept", "none"},
                 {"trained", "random", "the first further one", "none"})
        .live()
        .group("Scene")
        .help("Which patch lies on the scene.");
    v.field("sample", p.sample)
        .label("Sample")
        .range(-1, 100000000)
        .live()
        .group("Scene")
        .help("Which test image; the first when it is none of those judged.");
    const auto moved = [&](const char* name, double& value, const char* label, double low, double high,
                           const char* help) {
        return v.field(name, value).label(label).range(low, high).live().group("Scene").help(help);
    };
    moved("patch_x", p.patchX, "Across", 0, 1, "Centre of the patch, of the image's width.").step(0.01);
    moved("patch_y", p.patchY, "Down", 0, 1, "Centre of the patch, of the image's height.").step(0.01);
    moved("patch_size", p.patchSize, "Size shown", 0.02, 2, "Width, of the image's shorter side.").step(0.01);
    moved("patch_angle", p.patchAngle, "Turned", -180, 180, "Clockwise.").unit("°").step(1);
}

} // namespace assay::patches
