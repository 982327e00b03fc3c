#pragma once

#include "backend/attacks/gradient_attack.h"
#include "backend/protocol/params.h"

namespace assay::attacks {

/// Parts that named gradient attacks are combined of.
enum GradientPart : unsigned {
    kStart = 1,      ///< random start and restarts
    kMomentum = 2,   ///< MI
    kLookAhead = 4,  ///< NI
    kScales = 8,     ///< SI
    kDiversity = 16, ///< DI
    kSmoothing = 32, ///< TI
    kVariance = 64   ///< VT
};

/// Numbers of all the parts, with the published defaults.
struct GradientParams
{
    std::string loss = "ce";
    bool randomStart = true;
    int restarts = 1;
    double l1Fraction = kL1Fraction;
    double momentum = 1.0;
    double diRate = 1.1;
    double diProbability = 0.5;
    int tiKernel = 0;
    double tiSigmas = 3;
    int siCopies = 5;
    double vtBeta = 1.5;
    int vtNeighbours = 20;
};

template <class V>
void visit(V& v, GradientParams& p)
{
    v.field("loss", p.loss)
        .label("Loss")
        .choices({"ce", "margin", "dlr"}, {"Cross-entropy", "Margin (CW)", "Logit ratio (DLR)"})
        .help("What the attack raises.");
    v.field("random_start", p.randomStart)
        .label("Random start")
        .help("Starts at a point drawn uniformly from the ball instead of at the image.");
    v.field("restarts", p.restarts)
        .label("Restarts")
        .range(1, 1000)
        .help("Tries per image, each from its own random start. The first that succeeds counts.");
    v.field("l1_fraction", p.l1Fraction)
        .label("Pixels per L1 step")
        .unit("fraction")
        .range(1e-6, 1)
        .advanced()
        .help("Share of the pixels that a step in L1 changes. Other norms ignore it.");
    v.field("momentum", p.momentum)
        .label("Momentum decay μ")
        .range(0, 10)
        .help("How much of the former direction is kept.");
    v.field("si_copies", p.siCopies)
        .label("Darker copies")
        .range(1, 20)
        .help("The gradient is averaged over this many copies x / 2^i.");
    v.field("di_rate", p.diRate)
        .label("Resize rate")
        .range(1, 4)
        .help("Images are enlarged at random to less than this many times their side, padded and resized "
              "back.");
    v.field("di_probability", p.diProbability)
        .label("Resize probability")
        .unit("fraction")
        .range(0, 1)
        .help("How often an iteration resizes at all.");
    v.field("ti_kernel", p.tiKernel)
        .label("Smoothing kernel")
        .unit("pixels")
        .range(0, 99)
        .help("Odd side of the Gaussian kernel. 0: 15, or 5 for images below 64 pixels.");
    v.field("ti_sigmas", p.tiSigmas)
        .label("Kernel reach")
        .unit("σ")
        .range(0.1, 10)
        .advanced()
        .help("Standard deviations from the kernel's middle to its edge.");
    v.field("vt_beta", p.vtBeta)
        .label("Neighbourhood β")
        .unit("of ε")
        .range(0, 10)
        .help("Neighbours lie within β ε in every pixel.");
    v.field("vt_neighbours", p.vtNeighbours)
        .label("Neighbours")
        .range(1, 1000)
        .help("Gradients per iteration for the variance.");
}

/// The parameters that @p parts use.
protocol::Schema gradientSchema(unsigned parts);

/// A recipe of @p parts; the step length is left to the caller.
Recipe gradientRecipe(const std::string& name, unsigned parts, const GradientParams& params);

} // namespace assay::attacks
