#include "plugins/transfer/patch_results.h"

#include <torch/types.h>

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
        double sum = 0;
        for (const double value : population.fitness)
            sum += value;
        lowest.push_back(population.fitness.front());
        middle.push_back(sum / static_cast<double>(population.fitness.size()));
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

} // namespace assay::transfer
