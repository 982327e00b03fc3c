#pragma once

#include "backend/protocol/params.h"
#include "plugins/patches/watermark_optimiser.h"
#include "plugins/patches/watermark_region.h"

#include <string>
#include <vector>

namespace assay::medlocker {

/// Parameters of `patches.medlocker`.
struct MedlockerParams
{
    protocol::ModelRef surrogate = {"fashion-cnn"};
    std::vector<protocol::ModelRef> transfer = {{"fashion-resnet"}, {"fashion-vgg"}, {"fashion-convmixer"}};
    protocol::DatasetRef dataset = {"fashion-mnist"};
    int count = 200;
    std::string logo;
    std::string logoColour = "white";
    double logoSize = 0.36;
    double alphaMin = 0.4;
    double alphaMax = 0.9;
    bool lossless = false;
    std::string mask = "grad-cam";
    std::string maskFile;
    double threshold = 150;
    double overlap = 0;
    std::string fallback = "threshold-size";
    std::string optimiser = "bhe";
    int population = 20;
    int generations = 3;
    int hops = 3;
    double faintness = 0;
    bool stopEarly = true;
    std::vector<double> sizes = {0.25, 0.36};
    std::vector<double> thresholds = {110, 150};
    std::vector<std::string> compare = {"random", "grid"};
    int sweepCount = 80;
    std::string keyFile;
    int sample = -1;
    double patchX = -1;
    double patchY = -1;
    double viewAlpha = 0;
    double viewThreshold = 0;

    Fallback fallbackRule() const
    {
        return fallback == "none"        ? Fallback::None
               : fallback == "threshold" ? Fallback::Threshold
                                         : Fallback::ThresholdAndSize;
    }
};

template <class V>
void visitMask(V& v, MedlockerParams& p)
{
    v.field("mask", p.mask)
        .label("Protected by")
        .choices({"grad-cam", "boxes", "file"},
                 {"Grad-CAM of the surrogate", "Boxes of the data set", "A file"})
        .group("Mask")
        .help("Where the logo must not lie.");
    v.field("mask_file", p.maskFile)
        .label("Masks")
        .group("Mask")
        .help(
            "For masks from a file: a folder with ID.png for each sample, or a NPZ with 'masks' and 'ids'.");
    v.field("threshold", p.threshold)
        .label("T_m")
        .range(0, 254)
        .step(5)
        .group("Mask")
        .help("A pixel is protected when its map, 0 to 255, exceeds this. The higher, the smaller the area.");
    v.field("overlap", p.overlap)
        .label("Allowed overlap")
        .unit("fraction")
        .range(0, 1)
        .step(0.01)
        .advanced()
        .group("Mask")
        .help("Fraction of the logo's box that may lie on protected pixels.");
    v.field("fallback", p.fallback)
        .label("Without room")
        .choices({"none", "threshold", "threshold-size"},
                 {"Leave the image", "Raise T_m up to 190", "Raise T_m, then shrink the logo"})
        .group("Mask")
        .help(
            "What to do when the logo fits nowhere beside the mask. Images without a place stay untouched.");
}

template <class V>
void visitSearch(V& v, MedlockerParams& p)
{
    v.field("optimiser", p.optimiser)
        .label("Optimiser")
        .choices(optimiserIds(), optimiserTitles())
        .group("Search");
    v.field("population", p.population)
        .label("Population")
        .range(2, 1000)
        .group("Search")
        .help("The publication has 50.");
    v.field("generations", p.generations).label("Generations").range(0, 1000).group("Search");
    v.field("hops", p.hops)
        .label("Hops")
        .range(0, 100)
        .advanced()
        .group("Search")
        .help("Basin hops of each individual and generation. The budget of every optimiser is population "
              "times (1 + generations times (hops + 2)) queries an image.");
    v.field("faintness", p.faintness)
        .label("Weight of opacity")
        .range(0, 1)
        .step(0.01)
        .advanced()
        .group("Search")
        .help("Added to the objective times the opacity: prefers faint logos.");
    v.field("stop_early", p.stopEarly)
        .label("Stop at success")
        .advanced()
        .group("Search")
        .help("An image is done when the surrogate misses its class.");
}

template <class V>
void visitComparisons(V& v, MedlockerParams& p)
{
    v.field("sizes", p.sizes)
        .label("Compared logo sizes")
        .unit("of the shorter side")
        .range(0.02, 0.9)
        .minItems(0)
        .group("Comparisons")
        .help("Success is also measured with these, at the T_m above and without the fallback.");
    v.field("thresholds", p.thresholds)
        .label("Compared T_m")
        .range(0, 254)
        .minItems(0)
        .group("Comparisons")
        .help("Success is also measured with these, at the logo size above and without the fallback.");
    v.field("compare", p.compare)
        .label("Compared optimisers")
        .choices(optimiserIds(), optimiserTitles())
        .minItems(0)
        .group("Comparisons")
        .help("At the same budget of queries.");
    v.field("sweep_count", p.sweepCount)
        .label("Images of the comparisons")
        .unit("images")
        .range(1, 1000000)
        .group("Comparisons")
        .help("Taken from the front of the images.");
}

template <class V>
void visit(V& v, MedlockerParams& p)
{
    v.field("surrogate", p.surrogate)
        .label("Surrogate")
        .group("Models")
        .help("Its probabilities guide the search. No gradients are used, except for Grad-CAM.");
    v.field("transfer", p.transfer)
        .label("Other models")
        .minItems(0)
        .group("Models")
        .help("The logos are tried on these, which the search does not see.");
    v.field("dataset", p.dataset).label("Images").group("Images").help("The test split is watermarked.");
    v.field("count", p.count)
        .label("Test images")
        .unit("images")
        .range(1, 1000000)
        .group("Images")
        .help("Drawn with the seed. Only those that the surrogate classifies correctly get a logo.");
    v.field("logo", p.logo)
        .label("Logo file")
        .group("Logo")
        .help("A picture; its alpha channel is its shape, without one its grey level. Empty takes a ring "
              "with a "
              "bar.");
    v.field("logo_colour", p.logoColour)
        .label("Colour of the ring")
        .choices(LogoSource::colours())
        .group("Logo");
    v.field("logo_size", p.logoSize)
        .label("Logo size")
        .unit("of the shorter side")
        .range(0.02, 0.9)
        .step(0.01)
        .group("Logo");
    v.field("alpha_min", p.alphaMin).label("Least opacity").range(0.01, 1).step(0.05).group("Logo");
    v.field("alpha_max", p.alphaMax)
        .label("Greatest opacity")
        .range(0.01, 1)
        .step(0.05)
        .group("Logo")
        .help("Above 0.9 the logo cannot be removed well from 8-bit images.");
    v.field("lossless", p.lossless)
        .label("Keep the covered pixels")
        .group("Certificate")
        .help("Stores them, encrypted, in the certificate: removal is then exact.");
    v.field("key_file", p.keyFile)
        .label("Key file")
        .group("Certificate")
        .help(
            "A file with the owner's key, at least 16 bytes. Empty takes the file that the environment "
            "variable ASSAY_OWNER_KEY names, else owner.key in the configuration folder, made when needed.");
    visitMask(v, p);
    visitSearch(v, p);
    visitComparisons(v, p);
    v.field("sample", p.sample)
        .label("Shown image")
        .range(-1, 1e9)
        .live()
        .group("View")
        .help("Number of the test image. -1, or one that is not among those kept, takes the first.");
    v.field("patch_x", p.patchX)
        .label("Logo, across")
        .unit("of the width")
        .range(-1, 1)
        .step(0.01)
        .live()
        .group("View")
        .help("Where the middle of the logo is tried. Below 0: where the search put it.");
    v.field("patch_y", p.patchY)
        .label("Logo, down")
        .unit("of the height")
        .range(-1, 1)
        .step(0.01)
        .live()
        .group("View");
    v.field("view_alpha", p.viewAlpha)
        .label("Opacity tried")
        .range(0, 1)
        .step(0.05)
        .live()
        .group("View")
        .help("0: what the search found.");
    v.field("view_threshold", p.viewThreshold)
        .label("T_m shown")
        .range(0, 254)
        .step(5)
        .live()
        .group("View")
        .help("0: the one used.");
}

/// @param alphaMin as fractions, become levels.
inline SearchSpec searchSpec(const MedlockerParams& p, const std::string& optimiser, std::uint64_t seed)
{
    constexpr double kLevels = 255;
    const auto level = [](double fraction) { return static_cast<int>(fraction * kLevels + 0.5); };
    return {.optimiser = optimiser,
            .population = p.population,
            .generations = p.generations,
            .hops = p.hops,
            .alphaMin = level(p.alphaMin),
            .alphaMax = level(p.alphaMax),
            .faintness = p.faintness,
            .stopEarly = p.stopEarly,
            .seed = seed};
}

} // namespace assay::medlocker
