#include "plugins/attacks/robustness_results.h"

#include "backend/engine/reporting/stored_results.h"
#include "backend/engine/reporting/study_inputs.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::robustness {

namespace {

constexpr std::int64_t kFirstRound = 20;

std::string pointKey(const char* what, std::size_t a, std::size_t b)
{
    return std::string(what) + '.' + std::to_string(a) + '.' + std::to_string(b);
}

} // namespace

metrics::Rate Point::accuracy() const
{
    return n() == 0 ? metrics::wilson(0, 0) : metrics::wilson(robust.sum().item<std::int64_t>(), n());
}

void Point::add(const torch::Tensor& more, double spent)
{
    robust = robust.defined() ? torch::cat({robust, more}) : more;
    seconds += spent;
}

metrics::Rate RobustnessResults::clean(std::size_t model, std::int64_t n) const
{
    return metrics::wilson(correct[model].narrow(0, 0, n).sum().item<std::int64_t>(), n);
}

RobustnessView viewOf(const RobustnessResults& r, const RobustnessParams& p)
{
    return {.model = reporting::positionOf(r.models, reporting::shownName(p.viewModel)),
            .attack = reporting::positionOf(r.attacks, p.viewAttack, r.attacks.size() - 1),
            .eps = reporting::nearestPosition(r.eps, p.viewEps)};
}

std::vector<std::int64_t> rounds(std::int64_t count)
{
    std::vector<std::int64_t> ends;
    for (std::int64_t n = std::max(kFirstRound, count / 16); n < count; n *= 2)
        ends.push_back(n);
    ends.push_back(count);
    return ends;
}

engine::TensorMap toTensors(const RobustnessResults& r)
{
    const Json meta = {{"models", r.models}, {"attacks", r.attacks},          {"classes", r.classes},
                       {"norm", r.norm},     {"steps_attack", r.stepsAttack}, {"steps", r.steps},
                       {"eps", r.eps},       {"steps_eps", r.stepsEps}};
    engine::TensorMap map = {{"meta", reporting::jsonTensor(meta)}, {"ids", r.ids}, {"y", r.y}};
    for (std::size_t m = 0; m < r.models.size(); ++m) {
        map["correct." + std::to_string(m)] = r.correct[m].to(torch::kUInt8);
        for (std::size_t a = 0; a < r.attacks.size(); ++a) {
            std::vector<torch::Tensor> robust;
            std::vector<double> seconds;
            for (const Point& point : r.byEps[m][a]) {
                robust.push_back(point.robust.to(torch::kUInt8));
                seconds.push_back(point.seconds);
            }
            map[pointKey("robust", m, a)] = torch::stack(robust);
            map[pointKey("seconds", m, a)] = torch::tensor(seconds, torch::kFloat64);
        }
        for (std::size_t k = 0; k < r.steps.size(); ++k)
            map[pointKey("steps", m, k)] = r.bySteps[m][k].robust.to(torch::kUInt8);
    }
    return map;
}

RobustnessResults resultsFrom(const engine::TensorMap& tensors)
{
    RobustnessResults r;
    const reporting::StoredResults stored(tensors);
    stored.meta([&](const Json& meta) {
        meta.at("models").get_to(r.models);
        meta.at("attacks").get_to(r.attacks);
        meta.at("classes").get_to(r.classes);
        meta.at("norm").get_to(r.norm);
        meta.at("steps_attack").get_to(r.stepsAttack);
        meta.at("steps").get_to(r.steps);
        meta.at("eps").get_to(r.eps);
        meta.at("steps_eps").get_to(r.stepsEps);
    });
    r.ids = stored.at("ids", torch::kInt64);
    r.y = stored.at("y", torch::kInt64);
    for (std::size_t m = 0; m < r.models.size(); ++m) {
        r.correct.push_back(stored.at("correct." + std::to_string(m), torch::kUInt8).to(torch::kBool));
        auto& byAttack = r.byEps.emplace_back();
        for (std::size_t a = 0; a < r.attacks.size(); ++a) {
            const torch::Tensor robust = stored.at(pointKey("robust", m, a), torch::kUInt8);
            const torch::Tensor seconds = stored.at(pointKey("seconds", m, a), torch::kFloat64);
            if (robust.dim() != 2 || robust.size(0) != static_cast<std::int64_t>(r.eps.size()) ||
                robust.size(1) != r.ids.size(0) || seconds.numel() != robust.size(0))
                reporting::StoredResults::refuse(pointKey("robust", m, a));
            auto& curve = byAttack.emplace_back();
            for (std::int64_t e = 0; e < robust.size(0); ++e)
                curve.push_back({robust[e].to(torch::kBool), seconds[e].item<double>()});
        }
        auto& steps = r.bySteps.emplace_back();
        for (std::size_t k = 0; k < r.steps.size(); ++k)
            steps.push_back({stored.at(pointKey("steps", m, k), torch::kUInt8).to(torch::kBool), 0});
    }
    return r;
}

} // namespace assay::robustness
