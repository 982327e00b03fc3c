#pragma once

#include "backend/protocol/params.h"
#include "plugins/encryption/train_schemes.h"

#include <string>
#include <vector>

namespace assay::encryption {

/// Parameters of `encryption.train`.
struct TrainParams
{
    protocol::DatasetRef dataset = {"fashion-mnist"};
    std::string tint = "tinted";
    int trainImages = 2000;
    int count = 1000;
    std::vector<std::string> schemes = {"plain", "plain-set", "etc", "le", "pe", "v0", "v1", "v2", "v3"};
    int block = 4;
    int owners = 1;
    int wrongKeys = 3;
    NeuraSpec own = {
        .separate = true, .rotate = true, .shuffle = false}; ///< of the scheme "own", without its numbers
    int patch = 4;
    int width = 192;
    int depth = 4;
    std::string statistics = "frozen";
    bool joint = false;
    std::string attention = "plain";
    int classifierWidth = 64;
    int layers = 1;
    int heads = 4;
    int epochs = 6;
    int batch = 32;
    double learningRate = 2e-3;
    int repeats = 1;
    std::vector<int> depths = {0, 2, 4};
    std::string attacked = "v0";
    std::vector<int> attackDepths = {-1, 0, 2, 4};
    int attackImages = 400;
    int attackEpochs = 10;
    int mmdEpochs = 15;
    double attackRate = 3e-3;
    int gallery = 300;
    std::string shown;
    int shownDepth = 4;
};

template <class V>
void visitTrainImages(V& v, TrainParams& p)
{
    v.field("dataset", p.dataset)
        .label("Images")
        .group("Images")
        .help("Classifiers learn on the training split and are judged on the test split.");
    v.field("tint", p.tint)
        .label("Colour")
        .choices({"tinted", "as-is", "both"},
                 {"tinted in four hues", "as they are", "both, one after the other"})
        .group("Images")
        .help("Fashion-MNIST in four hues of equal luminance: the class is garment (5) and hue (4). As it "
              "is, it "
              "serves as grey control. Of other data sets nothing is changed.");
    v.field("train_images", p.trainImages)
        .label("Training images")
        .unit("images")
        .range(100, 1000000)
        .group("Images")
        .help("Drawn with the seed; all when there are fewer.");
    v.field("count", p.count)
        .label("Test images")
        .unit("images")
        .range(20, 1000000)
        .group("Images")
        .help("Drawn with the seed; all when there are fewer.");
}

template <class V>
void visitTrainKeys(V& v, TrainParams& p)
{
    v.field("schemes", p.schemes)
        .label("Schemes")
        .choices(trainSchemeIds(), trainSchemeWords())
        .group("Encryption")
        .help("What the images are turned into before anyone trains on them. V1 to V3 and \"as set below\" "
              "are a "
              "reconstruction: of Color-NeuraCrypt only the abstract is public.");
    v.field("block", p.block)
        .label("Block")
        .unit("pixels")
        .range(1, 64)
        .group("Encryption")
        .help("Side of the blocks of EtC, LE, ELE, SHF, NP and FFX.");
    v.field("owners", p.owners)
        .label("Owners")
        .range(1, 16)
        .group("Encryption")
        .help("Who share their encrypted images for one training; each has a key of their own and an equal "
              "share "
              "of the images.");
    v.field("wrong_keys", p.wrongKeys)
        .label("Wrong keys")
        .range(1, 64)
        .advanced()
        .group("Encryption")
        .help("Keys that differ from the right one in one bit each, with which test images are encrypted to "
              "see "
              "how far a classifier is bound to its key.");
    v.field("depth", p.depth)
        .label("Depth k")
        .range(-1, 32)
        .group("NeuraCrypt")
        .help("Inner layers of the random network; -1: purely linear.");
    v.field("width", p.width)
        .label("Width d")
        .range(1, 4096)
        .group("NeuraCrypt")
        .help("Numbers per encoded patch; a multiple of the number of channels.");
    v.field("patch", p.patch)
        .label("Patch")
        .unit("pixels")
        .range(1, 64)
        .group("NeuraCrypt")
        .help("Its side.");
    v.field("own_separate", p.own.separate)
        .label("Separate channels")
        .group("NeuraCrypt")
        .help("Of the scheme \"as set below\": a random network for each channel.");
    v.field("own_rotate", p.own.rotate)
        .label("Rotate colours")
        .group("NeuraCrypt")
        .help("Of that scheme: channels go through a secret orthogonal matrix first.");
    v.field("own_shuffle", p.own.shuffle)
        .label("Shuffle patches")
        .group("NeuraCrypt")
        .help("Of that scheme: the patches of every image in an order of its own. Off: the classifier learns "
              "positions.");
    v.field("statistics", p.statistics)
        .label("Statistics")
        .choices({"frozen", "batch"}, {"frozen once", "of every batch"})
        .advanced()
        .group("NeuraCrypt")
        .help("What inner layers are normalised by. The original takes each batch's own, which makes an "
              "encoding "
              "depend on its neighbours.");
}

template <class V>
void visitTrainClassifier(V& v, TrainParams& p)
{
    v.field("attention", p.attention)
        .label("Attention")
        .choices({"reattention", "plain"}, {"re-attention", "plain"})
        .group("Classifier")
        .help("Re-attention mixes the attention maps across heads, as NeuraCrypt's classifier does.");
    v.field("joint", p.joint)
        .label("Trained patch encoder")
        .group("Classifier")
        .help("Patches of pixels first go through a layer of NeuraCrypt's width d that is trained with the "
              "classifier: its non-private baseline. Off: they are embedded linearly.");
    v.field("classifier_width", p.classifierWidth)
        .label("Width")
        .range(4, 2048)
        .advanced()
        .group("Classifier")
        .help("Of the transformer; a multiple of the heads.");
    v.field("layers", p.layers)
        .label("Layers")
        .range(1, 24)
        .advanced()
        .group("Classifier")
        .help("Transformer blocks.");
    v.field("heads", p.heads)
        .label("Heads")
        .range(1, 64)
        .advanced()
        .group("Classifier")
        .help("Of the attention.");
    v.field("epochs", p.epochs).label("Epochs").range(1, 1000).group("Classifier").help("Of each training.");
    v.field("batch", p.batch)
        .label("Batch")
        .unit("images")
        .range(2, 4096)
        .advanced()
        .group("Classifier")
        .help("Per step.");
    v.field("learning_rate", p.learningRate)
        .label("Learning rate")
        .range(1e-6, 1)
        .advanced()
        .group("Classifier")
        .help("Of Adam; falls to 0 along a cosine.");
    v.field("repeats", p.repeats)
        .label("Trainings")
        .range(1, 20)
        .group("Classifier")
        .help("Of each scheme, with other keys and other first weights; the images are the same.");
}

template <class V>
void visitTrainAttacks(V& v, TrainParams& p)
{
    v.field("depths", p.depths)
        .label("Depths trained")
        .range(-1, 32)
        .minItems(0)
        .group("Depth")
        .help("The attacked variant with other depths, classifiers included: what depth costs.");
    v.field("attacked", p.attacked)
        .label("Attacked variant")
        .choices({"v0", "v1", "v2", "v3", "own"}, {"NeuraCrypt (V0)", "V1", "V2", "V3", "as set above"})
        .group("Depth")
        .help("Of which depth is varied, and which is attacked.");
    v.field("attack_depths", p.attackDepths)
        .label("Depths attacked")
        .range(-1, 32)
        .minItems(0)
        .group("Attacks")
        .help("Empty: no attacks.");
    v.field("attack_images", p.attackImages)
        .label("Attacker's images")
        .unit("images")
        .range(50, 100000)
        .group("Attacks")
        .help(
            "Of the training split: pairs for the plaintext attack; for the MMD attack half of them are the "
            "attacker's, the encodings of the other half are published.");
    v.field("attack_epochs", p.attackEpochs)
        .label("Epochs, plaintext attack")
        .range(1, 10000)
        .advanced()
        .group("Attacks")
        .help("Of the network that imitates the encoder.");
    v.field("mmd_epochs", p.mmdEpochs)
        .label("Epochs, MMD attack")
        .range(1, 10000)
        .advanced()
        .group("Attacks")
        .help("Likewise, without pairs.");
    v.field("attack_rate", p.attackRate)
        .label("Learning rate, attacks")
        .range(1e-6, 1)
        .advanced()
        .group("Attacks")
        .help("Of Adam; falls to 0 along a cosine.");
    v.field("gallery", p.gallery)
        .label("Candidates")
        .unit("images")
        .range(10, 5000)
        .group("Attacks")
        .help("Test images among which the image behind an encoding is looked for.");
}

template <class V>
void visit(V& v, TrainParams& p)
{
    visitTrainImages(v, p);
    visitTrainKeys(v, p);
    visitTrainClassifier(v, p);
    visitTrainAttacks(v, p);
    v.field("shown", p.shown)
        .label("Shown scheme")
        .choices(
            [] {
                std::vector<std::string> ids = trainSchemeIds();
                ids.insert(ids.begin(), "");
                return ids;
            }(),
            [] {
                std::vector<std::string> titles = trainSchemeWords();
                titles.insert(titles.begin(), "the first encrypted one");
                return titles;
            }())
        .live()
        .group("View")
        .help("Of which the confusion and what its classifier made of each image are shown.");
    v.field("shown_depth", p.shownDepth)
        .label("Shown depth k")
        .range(-1, 16)
        .live()
        .group("View")
        .help("Of the encoded images in the gallery \"encoded\", whatever was trained.");
}

} // namespace assay::encryption
