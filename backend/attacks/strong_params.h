#pragma once

#include "backend/attacks/apgd.h"
#include "backend/attacks/auto_attack.h"
#include "backend/attacks/carlini_wagner.h"
#include "backend/attacks/deep_fool.h"
#include "backend/attacks/fab.h"
#include "backend/attacks/hop_skip_jump.h"
#include "backend/attacks/square.h"
#include "backend/protocol/params.h"

namespace assay::attacks {

// What the strong and the query attacks can be told beyond the budget. Defaults are the published ones.

template <class V>
void visit(V& v, ApgdOptions& p)
{
    v.field("random_start", p.randomStart)
        .label("Random start")
        .help("Starts at a point drawn on the surface of the ball instead of at the image.");
    v.field("restarts", p.restarts)
        .label("Restarts")
        .range(1, 1000)
        .help("Tries per image, each from its own random start. The first that succeeds counts.");
    v.field("target_classes", p.targetClasses)
        .label("Classes tried")
        .range(1, 1000)
        .help("The likeliest wrong classes that are aimed at one after the other.");
    v.field("rho", p.rho)
        .label("Progress ρ")
        .unit("fraction")
        .range(0, 1)
        .advanced()
        .help("The step is halved where the loss rose in no more than this share of the steps. Not in L1.");
    v.field("shrinking_radius", p.shrinkingRadius)
        .label("From larger radii")
        .advanced()
        .help("L1 only: the first steps are made within 3 ε and 2 ε, as in AutoAttack.");
}

template <class V>
void visit(V& v, FabOptions& p)
{
    v.field("restarts", p.restarts)
        .label("Restarts")
        .range(1, 1000)
        .help("Tries per image; all but the first start at a random point within ε / 2.");
    v.field("target_classes", p.targetClasses)
        .label("Classes tried")
        .range(1, 1000)
        .help("The likeliest wrong classes whose boundary is sought one after the other.");
    v.field("alpha_max", p.alphaMax)
        .label("Pull to the image")
        .unit("fraction")
        .range(0, 1)
        .advanced()
        .help("Largest weight of the projection of the image itself.");
    v.field("eta", p.eta)
        .label("Overshoot η")
        .range(1, 2)
        .advanced()
        .help("How far steps go beyond the linearised boundary.");
    v.field("beta", p.beta)
        .label("Backward step β")
        .range(0, 1)
        .advanced()
        .help("Where the search goes on from an example: at this share of its distance.");
}

template <class V>
void visit(V& v, SquareOptions& p)
{
    v.field("initial_share", p.initialShare)
        .label("First squares")
        .unit("fraction")
        .range(1e-6, 1)
        .help("Share of the image that the first squares cover.");
    v.field("rescale", p.rescale)
        .label("Schedule fits the budget")
        .help("Stretches the published schedule, made for 10000 questions, over the budget's.");
}

template <class V>
void visit(V& v, HopSkipJumpOptions& p)
{
    v.field("first_evaluations", p.firstEvaluations)
        .label("Probes of the first estimate")
        .range(1, 1000000)
        .help("Questions for the first direction. The j-th direction takes √j times as many.");
    v.field("most_evaluations", p.mostEvaluations)
        .label("Probes at most")
        .range(1, 1000000)
        .advanced()
        .help("Questions for one direction at most.");
    v.field("gamma", p.gamma)
        .label("Search tolerance γ")
        .range(1e-6, 1e6)
        .advanced()
        .help("Scales how close to the boundary the binary search goes.");
    v.field("start_tries", p.startTries)
        .label("Noise images tried")
        .range(1, 1000000)
        .advanced()
        .help("Until one is taken for another class; the search starts from it.");
}

template <class V>
void visit(V& v, CarliniWagnerOptions& p)
{
    v.field("search_steps", p.searchSteps)
        .label("Values of c")
        .range(1, 100)
        .help("Steps of the binary search over the weight of the margin. Each takes all the budget's steps.");
    v.field("learning_rate", p.learningRate).label("Learning rate").range(1e-6, 10).help("Of Adam.");
    v.field("initial_const", p.initialConst)
        .label("First c")
        .range(1e-10, 1e6)
        .help("Where the search over c begins.");
    v.field("confidence", p.confidence)
        .label("Confidence κ")
        .range(0, 1e6)
        .help("Margin between logits that an example must have.");
    v.field("abort_early", p.abortEarly)
        .label("Abort early")
        .advanced()
        .help("Ends a descent that has stopped to improve.");
}

template <class V>
void visit(V& v, DeepFoolOptions& p)
{
    v.field("overshoot", p.overshoot)
        .label("Overshoot")
        .range(0, 10)
        .help("How far the sum of steps is stretched over the boundary.");
    v.field("candidates", p.candidates)
        .label("Classes looked at")
        .range(2, 1000000)
        .help("Those of the largest logits at the image.");
}

template <class V>
void visit(V& v, AutoAttackOptions& p)
{
    v.field("steps", p.steps)
        .label("Steps of APGD and FAB")
        .range(1, 100000)
        .advanced()
        .help("100 in the standard version. Other values make results that must not be called AutoAttack.");
    v.field("target_classes", p.targetClasses)
        .label("Classes tried")
        .range(1, 1000)
        .advanced()
        .help("9 in the standard version.");
    v.field("queries", p.queries)
        .label("Questions of Square")
        .range(1, 1e9)
        .advanced()
        .help("5000 in the standard version.");
}

} // namespace assay::attacks
