#pragma once

#include "backend/engine/reporting/detection_fields.h"
#include "backend/protocol/params.h"

#include <string>
#include <vector>

namespace assay::encryption::lock {

/// Parameters of `encryption.detector-lock`.
struct LockParams
{
    protocol::DatasetRef dataset = {"fashion-scenes"};
    int trainCount = 3000;
    int testCount = 300;

    std::vector<int> widths = {16, 32, 64, 64};
    int epochs = 12;
    int batch = 32;
    double learningRate = 2e-3;
    double positiveWeight = 3;
    double boxWeight = 2;

    std::vector<std::string> layers = {"c1", "c2", "c3", "c4", "c2+c3"};
    std::string transform = "permute";
    double share = 1;
    int mapBlock = 4;
    std::string method = "both";
    std::string key = "owner";
    std::string keyFile;

    std::string main = "c3";
    std::vector<std::string> further = {"shuffle"};
    std::vector<double> shares = {0.25, 0.5, 0.75};
    std::vector<double> right = {0, 0.25, 0.5, 0.75, 0.9, 1};
    int wrongKeys = 10;
    std::vector<std::string> inputs = {"shf-4", "shf-8"};

    std::vector<double> attackShares = {0.01, 0.05, 0.1};
    int attackEpochs = 40;
    bool estimate = true;

    std::string viewLock = "c3";
    std::string viewKey = "right";
    std::string viewTyped = "ownes";
    double viewRight = 1;
    int viewNumber = 1;
    int sample = -1;
    double score = 0.3;
};

inline const std::vector<std::string>& transformNames()
{
    static const std::vector<std::string> names = {"permute", "flip", "both", "shuffle"};
    return names;
}

template <class V>
void visitLockData(V& v, LockParams& p)
{
    v.field("dataset", p.dataset)
        .label("Images")
        .group("Images")
        .help("A set with boxes. The detector is trained on its training split and judged on its test "
              "split.");
    v.field("train_count", p.trainCount)
        .label("Training images")
        .range(1, 1000000)
        .group("Images")
        .help("Drawn from the training split with the seed.");
    v.field("test_count", p.testCount)
        .label("Test images")
        .range(1, 1000000)
        .group("Images")
        .help("Drawn from the test split with the seed.");
    v.field("widths", p.widths)
        .label("Channels of the maps")
        .range(2, 1024)
        .minItems(3)
        .advanced()
        .group("Detector")
        .help("Of the maps c1, c2, ... The first three halve the image.");
    v.field("epochs", p.epochs).label("Epochs").range(1, 10000).group("Detector");
    v.field("batch", p.batch).label("Images of a step").range(1, 10000).advanced().group("Detector");
    v.field("rate", p.learningRate)
        .label("Learning rate")
        .range(1e-6, 1)
        .advanced()
        .group("Detector")
        .help("Of Adam; falls to 0 along a cosine. All trainings have the same.");
    v.field("positive_weight", p.positiveWeight)
        .label("Weight of cells with an object")
        .range(0.01, 1000)
        .advanced()
        .group("Detector")
        .help("In the loss, against one of the many without.");
    v.field("box_weight", p.boxWeight)
        .label("Weight of boxes")
        .range(0.01, 1000)
        .advanced()
        .group("Detector")
        .help("In the loss, against objectness.");
}

template <class V>
void visitLockLock(V& v, LockParams& p)
{
    v.field("layers", p.layers)
        .label("Locked maps")
        .group("Lock")
        .help("One lock each: a map (c1 is the first), or several that are locked together: c2+c3.");
    v.field("transform", p.transform)
        .label("What the key does")
        .choices(transformNames(), {"reorders channels", "changes signs of half the channels",
                                    "reorders and changes signs", "shuffles pixels in blocks"})
        .group("Lock")
        .help("To every locked map, at all places alike.");
    v.field("share", p.share)
        .label("Share of channels")
        .range(0.05, 1)
        .step(0.05)
        .group("Lock")
        .help("Which share of a map's channels is encrypted; the key chooses them.");
    v.field("map_block", p.mapBlock)
        .label("Block of shuffled maps")
        .unit("pixels")
        .range(2, 64)
        .advanced()
        .group("Lock")
        .help("Side of the blocks within which pixels of a map are shuffled.");
    v.field("method", p.method)
        .label("How it is locked")
        .choices({"train", "existing", "both"}, {"trained locked", "finished detector locked", "both"})
        .group("Lock")
        .help("Trained with the key in the forward pass, or a finished detector whose next layer is "
              "rearranged to match: no training.");
    v.field("key", p.key)
        .label("Name of the key")
        .group("Lock")
        .help("A key for measuring, made of the seed and this name: who has the specification has it.");
    v.field("key_file", p.keyFile)
        .label("Key file")
        .advanced()
        .group("Lock")
        .help("Path of a key that shall protect: read when it is needed, and never stored with the run. "
              "Replaces the name.");
}

template <class V>
void visitLockMeasured(V& v, LockParams& p)
{
    v.field("wrong_keys", p.wrongKeys)
        .label("Wrong keys")
        .range(1, 1000)
        .group("Measured")
        .help("Each lock is tried with so many others.");
    v.field("main", p.main)
        .label("Lock looked at closely")
        .valuesFrom("layers")
        .group("Measured")
        .help("One of the locks: partial keys, shares, further transforms and attacks are measured on it.");
    v.field("further", p.further)
        .label("Further transforms")
        .choices(transformNames(), {"reorders channels", "changes signs", "both", "shuffles pixels"})
        .minItems(0)
        .group("Measured")
        .help("Of that lock, each trained in the same way.");
    v.field("shares", p.shares)
        .label("Further shares of channels")
        .range(0.05, 1)
        .minItems(0)
        .group("Measured")
        .help("Of that lock, put on the finished detector.");
    v.field("right", p.right)
        .label("Shares of the key that are right")
        .range(0, 1)
        .minItems(0)
        .group("Measured")
        .help("Someone knows so much of the key of that lock; the rest is all wrong.");
    v.field("inputs", p.inputs)
        .label("Encrypted images")
        .choices({"shf-4", "shf-8", "np-4", "np-8"},
                 {"SHF, blocks of 4", "SHF, blocks of 8", "NP, blocks of 4", "NP, blocks of 8"})
        .minItems(0)
        .group("Measured")
        .help("For comparison: the images are encrypted instead of a map, and the detector is trained on "
              "them.");
    v.field("attack_shares", p.attackShares)
        .label("Data of the fine-tuning attack")
        .range(0.001, 1)
        .minItems(0)
        .group("Attack")
        .help("Shares of the training images, with their boxes, that a thief of the model has.");
    v.field("attack_epochs", p.attackEpochs)
        .label("Epochs of the attack")
        .range(1, 10000)
        .group("Attack")
        .help("Of fine-tuning and, for comparison, of training from scratch on the same images.");
    v.field("estimate", p.estimate)
        .label("Guess the key from the weights")
        .group("Attack")
        .help("Channels are matched by what the next layer's weights and statistics tell of them. Not in "
              "the paper.");
}

template <class V>
void visitLockView(V& v, LockParams& p)
{
    v.field("view_lock", p.viewLock)
        .label("Lock")
        .live()
        .valuesFrom("layers")
        .group("View")
        .help("The first is shown when this is none of them.");
    v.field("view_key", p.viewKey)
        .label("Key")
        .live()
        .choices({"right", "wrong", "typed", "none"}, {"the right one", "a wrong one", "typed below", "none"})
        .group("View")
        .help("What the detector on the scene is given.");
    v.field("view_typed", p.viewTyped)
        .label("Typed key")
        .live()
        .group("View")
        .help("Name of a key: one letter off and the boxes are gone.");
    v.field("view_right", p.viewRight)
        .label("Right positions")
        .live()
        .range(0, 1)
        .step(0.01)
        .group("View")
        .help("Share of the right key that is known; the rest is all wrong.");
    v.field("view_number", p.viewNumber)
        .label("Number of the wrong key")
        .live()
        .range(1, 1000)
        .group("View")
        .help("Which wrong key is tried, or fills what is not known of the right one.");
    reporting::visitShownBoxes(v, p);
}

template <class V>
void visit(V& v, LockParams& p)
{
    visitLockData(v, p);
    visitLockLock(v, p);
    visitLockMeasured(v, p);
    visitLockView(v, p);
}

} // namespace assay::encryption::lock
