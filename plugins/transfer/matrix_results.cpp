#include "plugins/transfer/matrix_results.h"

#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/stored_results.h"
#include "backend/engine/reporting/study_inputs.h"

#include <torch/types.h>

namespace assay::transfer {

MatrixDenominator matrixDenominator(const std::string& name)
{
    return name == "all"         ? MatrixDenominator::All
           : name == "not-aimed" ? MatrixDenominator::NotAimed
                                 : MatrixDenominator::Correct;
}

MatrixView matrixViewOf(const MatrixResults& r, const MatrixParams& p)
{
    return {.source = reporting::positionOf(r.sources, reporting::shownName(p.viewSource)),
            .target = reporting::positionOf(r.targets, reporting::shownName(p.viewTarget)),
            .attack = reporting::positionOf(r.attacks, p.viewAttack),
            .eps = reporting::nearestPosition(r.eps, p.viewEps),
            .of = matrixDenominator(p.denominator)};
}

std::string cellText(const MatrixResults& r, const MatrixView& view)
{
    return r.sources[view.source] + " → " + r.targets[view.target] + ", " +
           reporting::attackTitle(r.attacks[view.attack]) + ", ε = " + reporting::shortText(r.eps[view.eps]) +
           " (" + reporting::normText(r.norm) + ")";
}

engine::TensorMap matrixTensors(const MatrixResults& r)
{
    std::vector<double> seconds;
    for (const MatrixSet& set : r.sets)
        seconds.push_back(set.seconds);
    const Json meta = {{"sources", r.sources}, {"targets", r.targets}, {"attacks", r.attacks},
                       {"classes", r.classes}, {"norm", r.norm},       {"eps", r.eps},
                       {"seconds", seconds}};
    engine::TensorMap map = {{"meta", reporting::jsonTensor(meta)},
                             {"ids", r.ids},
                             {"y", r.y},
                             {"clean", r.clean},
                             {"clean_source", r.cleanSource},
                             {"clean_target", r.cleanTarget}};
    if (r.targeted())
        map["aim"] = r.aim;
    for (std::size_t i = 0; i < r.sets.size(); ++i) {
        const std::string number = '.' + std::to_string(i);
        map["source" + number] = r.sets[i].source;
        map["target" + number] = r.sets[i].target;
        map["source_p" + number] = r.sets[i].sourceProbabilities;
        map["target_p" + number] = r.sets[i].targetProbabilities;
    }
    return map;
}

MatrixResults matrixFrom(const engine::TensorMap& tensors)
{
    MatrixResults r;
    std::vector<double> seconds;
    const reporting::StoredResults stored(tensors);
    stored.meta([&](const Json& meta) {
        meta.at("sources").get_to(r.sources);
        meta.at("targets").get_to(r.targets);
        meta.at("attacks").get_to(r.attacks);
        meta.at("classes").get_to(r.classes);
        meta.at("norm").get_to(r.norm);
        meta.at("eps").get_to(r.eps);
        meta.at("seconds").get_to(seconds);
    });
    r.ids = stored.at("ids", torch::kInt64, 1);
    r.y = stored.at("y", torch::kInt64, 1);
    r.clean = stored.at("clean", torch::kUInt8, 4);
    r.cleanSource = stored.at("clean_source", torch::kInt64, 2);
    r.cleanTarget = stored.at("clean_target", torch::kInt64, 2);
    if (stored.has("aim"))
        r.aim = stored.at("aim", torch::kInt64, 1);
    const std::size_t sets = r.sources.size() * r.attacks.size() * r.eps.size();
    if (seconds.size() != sets)
        reporting::StoredResults::refuse("meta");
    for (std::size_t i = 0; i < sets; ++i) {
        const std::string number = '.' + std::to_string(i);
        r.sets.push_back({.source = stored.at("source" + number, torch::kInt64, 1),
                          .target = stored.at("target" + number, torch::kInt64, 2),
                          .sourceProbabilities = stored.at("source_p" + number, torch::kFloat16, 2),
                          .targetProbabilities = stored.at("target_p" + number, torch::kFloat16, 3),
                          .seconds = seconds[i]});
    }
    return r;
}

} // namespace assay::transfer
