#include "backend/attacks/builtin_attacks.h"
#include "backend/attacks/gradient_params.h"
#include "backend/attacks/transforms.h"

namespace assay::attacks {

namespace {

/// One attack of the table: the parts it is made of.
struct GradientLine
{
    const char* id;
    const char* title;
    unsigned parts;
    StepLength stepLength;
    const char* summary;
    const char* reference;
};

constexpr StepLength kEven = StepLength::Even;
constexpr const char* kMi = "Dong et al. 2018, arXiv 1710.06081";
constexpr const char* kNiSi = "Lin et al. 2020, arXiv 1908.06281";
constexpr const char* kDi = "Xie et al. 2019, arXiv 1803.06978";
constexpr const char* kTi = "Dong et al. 2019, arXiv 1904.02884";
constexpr const char* kVt = "Wang and He 2021, arXiv 2103.15571";

// A new combination is a new line. Step sizes of 0: eps / 4 (L-inf) or eps / 5 for pgd, else eps / steps.
const GradientLine kLines[] = {
    {"fgsm", "FGSM", 0, StepLength::Whole,
     "One step of size eps along the gradient: its sign under L-inf, its direction under L2.",
     "Goodfellow, Shlens and Szegedy 2015, arXiv 1412.6572"},
    {"bim", "BIM (I-FGSM)", 0, kEven, "Repeated gradient steps from the image itself, projected after each.",
     "Kurakin, Goodfellow and Bengio 2017, arXiv 1607.02533"},
    {"pgd", "PGD", kStart, StepLength::Fraction,
     "Repeated gradient steps, projected onto the eps ball after each; from a random start unless switched "
     "off.",
     "Madry et al. 2018, arXiv 1706.06083; L1 steps: Tramer and Boneh 2019, arXiv 1904.13000"},
    {"mi-fgsm", "MI-FGSM", kMomentum, kEven, "Repeated steps along a momentum of normalised gradients.", kMi},
    {"ni-fgsm", "NI-FGSM", kMomentum | kLookAhead, kEven,
     "MI-FGSM with the gradient taken where the momentum points (Nesterov).", kNiSi},
    {"di2-fgsm", "DI²-FGSM", kDiversity, kEven,
     "BIM on randomly resized and padded images, without momentum.", kDi},
    {"dim", "DIM (MI-DI-FGSM)", kMomentum | kDiversity, kEven,
     "MI-FGSM on randomly resized and padded images.", kDi},
    {"tim", "TIM (MI-TI-FGSM)", kMomentum | kSmoothing, kEven,
     "MI-FGSM with the gradient smoothed, as if averaged over shifted images.", kTi},
    {"sim", "SIM (MI-SI-FGSM)", kMomentum | kScales, kEven,
     "MI-FGSM with the gradient averaged over darker copies of the image.", kNiSi},
    {"vmi-fgsm", "VMI-FGSM", kMomentum | kVariance, kEven,
     "MI-FGSM with the gradient corrected by its variance in a neighbourhood.", kVt},
    {"vni-fgsm", "VNI-FGSM", kMomentum | kVariance | kLookAhead, kEven,
     "NI-FGSM with the gradient corrected by its variance in a neighbourhood.", kVt},
    {"ti-dim", "TI-DIM", kMomentum | kSmoothing | kDiversity, kEven,
     "Momentum, random resizing and smoothing together.", kTi},
    {"si-ni-fgsm", "SI-NI-FGSM", kMomentum | kLookAhead | kScales, kEven,
     "Nesterov momentum over darker copies.", kNiSi},
    {"si-ni-dim", "SI-NI-DIM", kMomentum | kLookAhead | kScales | kDiversity, kEven,
     "Nesterov momentum over darker copies, each randomly resized.", kNiSi},
    {"si-ni-tim", "SI-NI-TIM", kMomentum | kLookAhead | kScales | kSmoothing, kEven,
     "Nesterov momentum over darker copies, the gradient smoothed.", kNiSi},
    {"si-ni-ti-dim", "SI-NI-TI-DIM", kMomentum | kLookAhead | kScales | kSmoothing | kDiversity, kEven,
     "Nesterov momentum, darker copies, random resizing and smoothing together.", kNiSi},
    {"vmi-si-ti-dim", "VMI-SI-TI-DIM", kMomentum | kVariance | kScales | kSmoothing | kDiversity, kEven,
     "All but the look-ahead, with variance tuning.", kVt},
    {"vni-si-ti-dim", "VNI-SI-TI-DIM", kMomentum | kLookAhead | kVariance | kScales | kSmoothing | kDiversity,
     kEven, "Everything: look-ahead, darker copies, random resizing, smoothing, variance tuning, momentum.",
     kVt},
};

/// The look-ahead and the neighbourhood are boxes of L-inf; N1-momentum is of any direction.
std::vector<Norm> normsOf(unsigned parts)
{
    if (parts & (kLookAhead | kVariance))
        return {Norm::Linf};
    if (parts & kMomentum)
        return {Norm::Linf, Norm::L2};
    return {Norm::Linf, Norm::L2, Norm::L1};
}

} // namespace

Recipe gradientRecipe(const std::string& name, unsigned parts, const GradientParams& params)
{
    Recipe recipe;
    recipe.name = name;
    recipe.loss = lossFromName(params.loss);
    recipe.norms = normsOf(parts);
    if (parts & kScales)
        recipe.transforms.push_back(std::make_shared<ScaleCopies>(params.siCopies));
    if (parts & kDiversity)
        recipe.transforms.push_back(std::make_shared<InputDiversity>(params.diRate, params.diProbability));
    if (parts & kSmoothing)
        recipe.filters.push_back(std::make_shared<GaussianSmoothing>(params.tiKernel, params.tiSigmas));
    if (parts & kVariance)
        recipe.variance = {.beta = params.vtBeta, .neighbours = params.vtNeighbours};
    if (parts & kLookAhead)
        recipe.lookAhead = params.momentum;
    recipe.rule = std::make_shared<SteepestStep>(
        parts & kMomentum ? std::optional(params.momentum) : std::nullopt, params.l1Fraction);
    recipe.randomStart = (parts & kStart) && params.randomStart;
    recipe.restarts = parts & kStart ? params.restarts : 1;
    return recipe;
}

void addGradientAttacks(AttackRegistry& registry)
{
    for (const GradientLine& line : kLines) {
        AttackInfo info{.id = line.id,
                        .title = line.title,
                        .summary = line.summary,
                        .reference = line.reference,
                        .norms = normsOf(line.parts),
                        .parameters = gradientSchema(line.parts)};
        registry.add({std::move(info), [line](const Json& parameters) -> std::unique_ptr<const Attack> {
                          // A schema holds the parameters of its parts only; the rest keep their defaults.
                          GradientParams params;
                          protocol::Reader reader{parameters};
                          visit(reader, params);
                          Recipe recipe = gradientRecipe(line.id, line.parts, params);
                          recipe.stepLength = line.stepLength;
                          return std::make_unique<GradientAttack>(std::move(recipe));
                      }});
    }
}

} // namespace assay::attacks
