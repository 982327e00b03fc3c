#pragma once

#include "backend/protocol/params.h"

#include <algorithm>
#include <string>
#include <vector>

namespace assay::encryption {

/// Parameters of `encryption.reconstruct`.
struct ReconParams
{
    protocol::DatasetRef dataset = {"fashion-mnist"};
    int side = 32;
    int trainImages = 4000;
    int victims = 300;
    std::vector<std::string> attributes;
    std::vector<std::string> schemes = {"etc", "etc-moves", "le", "ele", "pe", "shf", "np"};
    int block = 4;
    std::vector<int> etcBlocks = {4, 8, 16};
    bool permute = true;
    bool rotate = true;
    bool negative = true;
    bool channels = true;
    int components = 64;
    int judgeEpochs = 8;
    std::vector<std::string> networks = {"etc-4", "le-4"};
    std::string generator;
    int generatorEpochs = 15;
    std::string encoder = "auto";
    std::string strategy = "progressive";
    int encoderEpochs = 10;
    int guidedVictims = 60;
    int guidedSteps = 60;
    int restarts = 2;
    int samples = 4;
    double guidance = 3;
    std::string scheme;
    std::string attribute;
    int victim = -1;
};

/// Values of `schemes`.
inline const std::vector<std::string>& reconSchemeIds()
{
    static const std::vector<std::string> kIds = {"etc", "etc-moves", "le", "ele", "pe", "shf", "np", "ffx"};
    return kIds;
}

/// Whether the run attacks EtC, whose steps are then looked at one by one.
inline bool reconAttacksEtc(const ReconParams& p)
{
    return std::ranges::any_of(p.schemes, [](const std::string& name) { return name.starts_with("etc"); });
}

template <class V>
void visitReconImages(V& v, ReconParams& p)
{
    v.field("dataset", p.dataset)
        .label("Images")
        .group("Images")
        .help("The training split is the attacker's, the test split holds the victims. Grey pictures get a "
              "drawn colour and background, whose hues are then attributes.");
    v.field("side", p.side)
        .label("Side")
        .unit("pixels")
        .range(16, 128)
        .group("Images")
        .help("Images are brought to this size before they are encrypted; a multiple of every block.");
    v.field("train_images", p.trainImages)
        .label("Attacker's images")
        .unit("images")
        .range(200, 1000000)
        .group("Images")
        .help(
            "Drawn from the training split with the seed. The attacker encrypts them with keys of its own.");
    v.field("victims", p.victims)
        .label("Victims")
        .unit("images")
        .range(20, 5000)
        .group("Images")
        .help("Drawn from the test split with the seed, encrypted under a key that no training saw; they are "
              "the gallery of the retrieval too.");
    v.field("attributes", p.attributes)
        .label("Attributes")
        .minItems(0)
        .advanced()
        .group("Images")
        .help("What is to be recovered, by names; empty: all that the set has with few values.");
}

/// Value of `generator`: one is trained on the attacker's images, whatever the zoo has.
inline constexpr const char* kReconOwnGenerator = "own";

/// Of the four steps of EtC.
inline constexpr const char* kReconStepHelp = "Of the scheme EtC in the run. Afterwards the panel of steps "
                                              "shows the victims under the steps that are on.";

template <class V>
void visitReconSchemes(V& v, ReconParams& p)
{
    v.field("schemes", p.schemes)
        .label("Schemes")
        .choices(reconSchemeIds(),
                 {"EtC", "EtC, blocks moved and turned only", "LE", "ELE", "PE", "SHF", "NP", "FFX"})
        .minItems(1)
        .group("Encryption")
        .help("Each is attacked by itself.");
    v.field("block", p.block)
        .label("Block side")
        .unit("pixels")
        .range(1, 64)
        .group("Encryption")
        .help("Of all schemes but EtC and PE, which has no blocks.");
    v.field("etc_blocks", p.etcBlocks)
        .label("Block sides of EtC")
        .unit("pixels")
        .range(1, 64)
        .minItems(1)
        .group("Encryption")
        .help("EtC is attacked at each of them.");
    v.field("permute", p.permute).label("EtC moves blocks").live().group("Encryption").help(kReconStepHelp);
    v.field("rotate", p.rotate).label("EtC turns blocks").live().group("Encryption").help(kReconStepHelp);
    v.field("negative", p.negative)
        .label("EtC inverts blocks")
        .live()
        .group("Encryption")
        .help(kReconStepHelp);
    v.field("channels", p.channels)
        .label("EtC shuffles channels")
        .live()
        .group("Encryption")
        .help(kReconStepHelp);
}

template <class V>
void visitReconNetworks(V& v, ReconParams& p)
{
    v.field("networks", p.networks)
        .label("Attacked by networks")
        .minItems(0)
        .group("Networks")
        .help("Schemes, by the names that tables have (\"etc-4\"), that ITN, the encoder, guidance and "
              "diffusion "
              "attack too, where they are among the schemes; empty: none.");
    v.field("generator", p.generator)
        .label("Generator")
        .group("Networks")
        .help("Empty: the zoo's of these images and this side, where there is one, else a small style-based "
              "one learns on the attacker's images. \"own\": it always does. The name of one of the zoo; or "
              "the path of a TorchScript file with forward(styles) that makes images in [0,1] and a buffer "
              "'centre'.");
    v.field("generator_epochs", p.generatorEpochs)
        .label("Epochs of the generator")
        .range(1, 10000)
        .advanced()
        .group("Networks")
        .help("Where it is trained here.");
    v.field("encoder", p.encoder)
        .label("Encoder")
        .choices({"auto", "cnn", "set"}, {"by scheme", "convolutions", "set of blocks"})
        .group("Networks")
        .help("A set of blocks has no order; by scheme: where blocks are moved.");
    v.field("strategy", p.strategy)
        .label("Training of the encoder")
        .choices({"direct", "mixed", "progressive"})
        .group("Networks")
        .help("Encrypted images alone; half plain; or plain first and EtC's steps one by one.");
    v.field("encoder_epochs", p.encoderEpochs)
        .label("Epochs of the encoder")
        .range(1, 10000)
        .group("Networks")
        .help("Of each scheme, and of the inverse transformation (ITN).");
    v.field("guided_victims", p.guidedVictims)
        .label("Guided victims")
        .unit("images")
        .range(1, 5000)
        .group("Networks")
        .help("The first so many: guidance is optimised for each of them.");
    v.field("guided_steps", p.guidedSteps).label("Steps of guidance").range(1, 10000).group("Networks");
    v.field("restarts", p.restarts).label("Restarts of guidance").range(1, 32).advanced().group("Networks");
    v.field("samples", p.samples)
        .label("Samples of the diffusion")
        .range(1, 64)
        .advanced()
        .group("Networks")
        .help("Drawn for each victim; the one that fits the embedding best is taken.");
    v.field("guidance", p.guidance)
        .label("Guidance scale")
        .range(0, 10)
        .step(0.1)
        .live()
        .group("Networks")
        .help("Of the diffusion: 0 ignores the ciphertext, 1 follows the embedding as learned, more "
              "exaggerates.");
}

template <class V>
void visit(V& v, ReconParams& p)
{
    visitReconImages(v, p);
    visitReconSchemes(v, p);
    v.field("components", p.components)
        .label("Principal components")
        .range(2, 512)
        .advanced()
        .group("Attacks")
        .help("Of the linear attacks' decoder.");
    v.field("judge_epochs", p.judgeEpochs)
        .label("Epochs of the judges")
        .range(1, 1000)
        .advanced()
        .group("Attacks")
        .help("Of the networks that read attributes and embeddings, trained on plain images.");
    visitReconNetworks(v, p);
    v.field("scheme", p.scheme)
        .label("Shown scheme")
        .live()
        .group("View")
        .help("By the name that the tables have, \"etc-4\"; empty: the first.");
    v.field("attribute", p.attribute)
        .label("Shown attribute")
        .live()
        .group("View")
        .help("Of the matrix; empty: the mean over all.");
    v.field("victim", p.victim)
        .label("Victim")
        .range(-1, 100000000)
        .live()
        .group("View")
        .help("Which test image lies on the scene; the first when it is none of those kept.");
}

} // namespace assay::encryption
