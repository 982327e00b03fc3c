#include "backend/attacks/strong_attacks.h"

#include "backend/attacks/strong_params.h"

#include <algorithm>

namespace assay::attacks {

namespace {

constexpr const char* kAutoAttackPaper = "Croce and Hein 2020, arXiv 2003.01690; 2021, arXiv 2103.01208 (L1)";
constexpr const char* kFabPaper = "Croce and Hein 2020, arXiv 1907.02044";

/// An entry whose parameters are @p base with what the user sets; fields named in @p without do not apply.
template <class AttackType, class Options>
AttackEntry strongEntry(AttackInfo info, const Options& base = {},
                        const std::vector<std::string>& without = {})
{
    info.parameters = protocol::describe<Options>();
    std::erase_if(info.parameters.fields, [&](const protocol::Field& field) {
        return std::ranges::find(without, field.name) != without.end();
    });
    const std::string id = info.id;
    return {std::move(info), [id, base](const Json& parameters) -> std::unique_ptr<const Attack> {
                Options options = base;
                protocol::Reader reader{parameters};
                visit(reader, options);
                return std::make_unique<AttackType>(id, options);
            }};
}

void addApgd(AttackRegistry& registry)
{
    const std::vector<Norm> norms = {Norm::Linf, Norm::L2, Norm::L1};
    registry.add(strongEntry<Apgd>(
        {.id = "apgd-ce",
         .title = "APGD-CE",
         .summary = "Auto-PGD on the cross-entropy: momentum, and a step size, 2 eps at "
                    "first, that halves where progress stops; in L1 sparse steps. Take 100 steps.",
         .reference = kAutoAttackPaper,
         .norms = norms},
        ApgdOptions{}, {"target_classes"}));
    registry.add(
        strongEntry<Apgd>({.id = "apgd-dlr",
                           .title = "APGD-DLR",
                           .summary = "Auto-PGD on the difference of logits ratio, which no scaling of the "
                                      "logits can flatten. Take 100 steps.",
                           .reference = kAutoAttackPaper,
                           .norms = norms},
                          ApgdOptions{.loss = ApgdLoss::Dlr}, {"target_classes"}));
    registry.add(
        strongEntry<Apgd>({.id = "apgd-t",
                           .title = "APGD-T",
                           .summary = "Auto-PGD on the targeted difference of logits ratio, towards the "
                                      "likeliest wrong classes one after the other. Take 100 steps.",
                           .reference = kAutoAttackPaper,
                           .norms = norms},
                          ApgdOptions{.loss = ApgdLoss::DlrTargeted}));
}

void addFab(AttackRegistry& registry)
{
    const std::vector<Norm> norms = {Norm::Linf, Norm::L2, Norm::L1};
    registry.add(
        strongEntry<Fab>({.id = "fab",
                          .title = "FAB",
                          .summary = "Looks for the smallest perturbation by projections onto the nearest "
                                     "linearised class boundary. Take 100 steps.",
                          .reference = kFabPaper,
                          .norms = norms},
                         FabOptions{}, {"target_classes"}));
    registry.add(
        strongEntry<Fab>({.id = "fab-t",
                          .title = "FAB-T",
                          .summary = "FAB towards the boundaries of the likeliest wrong classes, one after "
                                     "the other: one gradient a step, however many classes there are.",
                          .reference = kFabPaper,
                          .norms = norms},
                         FabOptions{.targeted = true}));
}

void addSmallest(AttackRegistry& registry)
{
    registry.add(strongEntry<CarliniWagner, CarliniWagnerOptions>(
        {.id = "cw-l2",
         .title = "Carlini-Wagner L2",
         .summary =
             "Looks for the smallest perturbation: Adam on distance plus weighted margin, with a binary "
             "search over the weight. Takes the budget's steps for each weight; 1000 are usual.",
         .reference = "Carlini and Wagner 2017, arXiv 1608.04644",
         .norms = {Norm::L2}}));
    registry.add(strongEntry<DeepFool, DeepFoolOptions>(
        {.id = "deepfool",
         .title = "DeepFool",
         .summary =
             "Looks for a small perturbation by steps to the nearest linearised class boundary, 50 usually.",
         .reference = "Moosavi-Dezfooli, Fawzi and Frossard 2016, arXiv 1511.04599",
         .targeted = false,
         .norms = {Norm::Linf, Norm::L2}}));
}

void addQueryAttacks(AttackRegistry& registry)
{
    registry.add(strongEntry<Square, SquareOptions>(
        {.id = "square",
         .title = "Square Attack",
         .summary =
             "Random search with squares; asks for logits only, as often as the budget's questions allow.",
         .reference = "Andriushchenko et al. 2020, arXiv 1912.00049",
         .gradient = false,
         .norms = {Norm::Linf, Norm::L2, Norm::L1}}));
    registry.add(strongEntry<HopSkipJump, HopSkipJumpOptions>(
        {.id = "hop-skip-jump",
         .title = "HopSkipJump",
         .summary = "Walks along the class boundary towards the image; asks for labels only, as often as the "
                    "budget's questions allow.",
         .reference = "Chen, Jordan and Wainwright 2020, arXiv 1904.02144",
         .gradient = false,
         .targeted = false,
         .norms = {Norm::L2, Norm::Linf}}));
}

} // namespace

void addStrongAttacks(AttackRegistry& registry)
{
    addApgd(registry);
    addFab(registry);
    addSmallest(registry);
    addQueryAttacks(registry);
    registry.add(strongEntry<AutoAttack, AutoAttackOptions>(
        {.id = "autoattack",
         .title = "AutoAttack (standard)",
         .summary = "APGD-CE, APGD-T, FAB-T and Square in sequence, each on "
                    "the samples that still resist. Steps and "
                    "questions are its own.",
         .reference = kAutoAttackPaper,
         .targeted = false,
         .norms = {Norm::Linf, Norm::L2, Norm::L1}}));
}

} // namespace assay::attacks
