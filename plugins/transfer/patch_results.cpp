#include "plugins/transfer/patch_results.h"

#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/stored_results.h"

#include <torch/types.h>

#include <cmath>

namespace assay::transfer {

namespace {

void extend(std::vector<torch::Tensor>& generations, std::size_t generation,
            const std::vector<double>& values)
{
    const torch::Tensor more = torch::tensor(values, torch::kFloat64);
    if (generations.size() <= generation)
        generations.resize(generation + 1);
    torch::Tensor& have = generations[generation];
    have = have.defined() ? torch::cat({have, more}) : more;
}

double meanFitness(const attacks::MaskPopulation& population)
{
    double sum = 0;
    for (const double value : population.fitness)
        sum += value;
    return sum / static_cast<double>(population.fitness.size());
}

PatchRole roleFromName(const std::string& name)
{
    for (const PatchRole role : {PatchRole::Source, PatchRole::Simulated})
        if (name == roleName(role))
            return role;
    return PatchRole::Target;
}

} // namespace

const char* roleName(PatchRole role)
{
    switch (role) {
    case PatchRole::Source:
        return "source";
    case PatchRole::Simulated:
        return "simulated";
    case PatchRole::Target:
        return "target";
    }
    return "";
}

void FitnessTrace::add(std::size_t generation, const std::vector<attacks::MaskPopulation>& populations)
{
    std::vector<double> lowest, middle, highest;
    for (const attacks::MaskPopulation& population : populations) {
        lowest.push_back(population.fitness.front());
        middle.push_back(meanFitness(population));
        highest.push_back(population.fitness.back());
    }
    extend(best, generation, lowest);
    extend(mean, generation, middle);
    extend(worst, generation, highest);
}

metrics::Rate FitnessTrace::improved() const
{
    if (best.size() < 2)
        return metrics::wilson(0, 0);
    const std::int64_t n = best.back().size(0);
    return metrics::wilson((best.back() < best.front().narrow(0, 0, n)).sum().item<std::int64_t>(), n);
}

const PatchMethod* PatchResults::method(const std::string& id) const
{
    for (const PatchMethod& each : methods)
        if (each.id == id)
            return &each;
    return nullptr;
}

torch::Tensor PatchResults::meanSuccess(const PatchMethod& method, PatchRole role) const
{
    std::vector<torch::Tensor> rows;
    for (std::size_t m = 0; m < models.size(); ++m)
        if (models[m].role == role)
            rows.push_back(method.success[static_cast<std::int64_t>(m)]);
    return torch::stack(rows).to(torch::kFloat64).mean(0);
}

std::string PatchResults::at(std::size_t e) const
{
    return "ε = " + reporting::shortText(eps[e]) + " (" + reporting::normText(norm) + "), " +
           std::to_string(steps) + " steps";
}

void MaskFilm::add(const std::vector<attacks::MaskPopulation>& populations)
{
    keep(static_cast<std::int64_t>(populations.size()));
    const std::int64_t shown = ids.size(0);
    const torch::Tensor masks = attacks::maskTensor(populations).narrow(0, 0, shown);
    best.push_back(masks.select(1, 0).clone());
    dropped.push_back(attacks::dropFrequency(masks));
    const torch::Tensor values = torch::empty({shown, 2}, torch::kFloat64);
    for (std::int64_t i = 0; i < shown; ++i) {
        const attacks::MaskPopulation& population = populations[static_cast<std::size_t>(i)];
        values[i][0] = population.fitness.front();
        values[i][1] = meanFitness(population);
    }
    fitness.push_back(values);
}

void MaskFilm::keep(std::int64_t count)
{
    if (count >= ids.size(0))
        return;
    ids = ids.narrow(0, 0, count);
    clean = clean.narrow(0, 0, count);
}

PatchView patchViewOf(const PatchResults& r, const MaskFilm& film, const PatchParams& p)
{
    const double last = static_cast<double>(film.best.size() - 1);
    PatchView view{.eps = reporting::nearestPosition(r.eps, p.viewEps),
                   .generation = static_cast<std::size_t>(std::lround(p.viewStage * last))};
    const torch::Tensor asked = (film.ids == static_cast<std::int64_t>(p.viewImage)).nonzero();
    if (asked.numel() > 0)
        view.image = asked[0].item<std::int64_t>();
    return view;
}

std::vector<PatchGain> patchGains(const PatchResults& r, const metrics::BootstrapSpec& spec)
{
    std::vector<PatchGain> gains;
    const PatchMethod* learned = r.method("learned");
    for (const char* over : {"unmasked", "random"}) {
        const PatchMethod* other = r.method(over);
        if (!learned || !other)
            continue;
        for (const PatchRole role : {PatchRole::Simulated, PatchRole::Target}) {
            const torch::Tensor difference = r.meanSuccess(*learned, role) - r.meanSuccess(*other, role);
            const torch::Tensor drawn = metrics::resampledMeans(difference.unsqueeze(1), spec);
            gains.push_back({over, role, difference.mean().item<double>(),
                             metrics::percentileInterval(drawn, spec.level)});
        }
    }
    return gains;
}

engine::TensorMap patchTensors(const PatchResults& r, const MaskFilm& film)
{
    Json models = Json::array(), methods = Json::array();
    for (const PatchModel& model : r.models)
        models.push_back({model.name, roleName(model.role)});
    for (const PatchMethod& method : r.methods)
        methods.push_back({method.id, method.title, method.masksPerStep});
    const Json meta = {{"models", models},        {"methods", methods},   {"attack", r.attack},
                       {"norm", r.norm},          {"eps", r.eps},         {"steps", r.steps},
                       {"patch", r.grid.patch},   {"rows", r.grid.rows},  {"columns", r.grid.columns},
                       {"height", r.grid.height}, {"width", r.grid.width}};
    std::vector<torch::Tensor> success;
    for (const std::vector<PatchMethod>& atEps : r.byEps) {
        std::vector<torch::Tensor> each;
        for (const PatchMethod& method : atEps)
            each.push_back(method.success);
        success.push_back(torch::stack(each));
    }
    return {{"meta", reporting::jsonTensor(meta)},
            {"ids", r.ids},
            {"y", r.y},
            {"success", torch::stack(success).to(torch::kUInt8)},
            {"film_ids", film.ids.contiguous()},
            {"film_clean", film.clean.contiguous()},
            {"film_best", torch::stack(film.best)},
            {"film_dropped", torch::stack(film.dropped)},
            {"film_fitness", torch::stack(film.fitness)},
            {"film_unmasked", torch::stack(film.unmasked)},
            {"film_learned", torch::stack(film.learned)}};
}

void patchFrom(const engine::TensorMap& tensors, PatchResults& r, MaskFilm& film)
{
    const reporting::StoredResults stored(tensors);
    stored.meta([&](const Json& meta) {
        for (const Json& model : meta.at("models"))
            r.models.push_back(
                {model.at(0).get<std::string>(), roleFromName(model.at(1).get<std::string>())});
        for (const Json& method : meta.at("methods"))
            r.methods.push_back({.id = method.at(0).get<std::string>(),
                                 .title = method.at(1).get<std::string>(),
                                 .masksPerStep = method.at(2).get<int>()});
        meta.at("attack").get_to(r.attack);
        meta.at("norm").get_to(r.norm);
        meta.at("eps").get_to(r.eps);
        meta.at("steps").get_to(r.steps);
        meta.at("patch").get_to(r.grid.patch);
        meta.at("rows").get_to(r.grid.rows);
        meta.at("columns").get_to(r.grid.columns);
        meta.at("height").get_to(r.grid.height);
        meta.at("width").get_to(r.grid.width);
    });
    r.ids = stored.at("ids", torch::kInt64, 1);
    r.y = stored.at("y", torch::kInt64, 1);
    const torch::Tensor success = stored.at("success", torch::kUInt8, 4).to(torch::kBool);
    if (success.size(0) != static_cast<std::int64_t>(r.eps.size()) ||
        success.size(1) != static_cast<std::int64_t>(r.methods.size()) ||
        success.size(2) != static_cast<std::int64_t>(r.models.size()))
        reporting::StoredResults::refuse("success");
    for (std::int64_t e = 0; e < success.size(0); ++e) {
        for (std::size_t m = 0; m < r.methods.size(); ++m)
            r.methods[m].success = success[e][static_cast<std::int64_t>(m)];
        r.byEps.push_back(r.methods);
    }
    film.ids = stored.at("film_ids", torch::kInt64, 1);
    film.clean = stored.at("film_clean", torch::kFloat32, 4);
    film.best = stored.at("film_best", torch::kUInt8, 3).unbind();
    film.dropped = stored.at("film_dropped", torch::kFloat64, 3).unbind();
    film.fitness = stored.at("film_fitness", torch::kFloat64, 3).unbind();
    film.unmasked = stored.at("film_unmasked", torch::kFloat16, 5).unbind();
    film.learned = stored.at("film_learned", torch::kFloat16, 5).unbind();
}

} // namespace assay::transfer
