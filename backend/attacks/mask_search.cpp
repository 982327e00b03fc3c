#include "backend/attacks/mask_search.h"

#include "backend/attacks/check.h"
#include "backend/models/predict.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

namespace assay::attacks {

namespace {

constexpr const char* kWhere = "patch masks";
/// Stream of random masks that are compared with learned ones: no generation of a search.
constexpr std::uint64_t kUnsearched = ~std::uint64_t(0);

std::vector<std::uint64_t> numbersOf(const Context& context, std::int64_t count)
{
    const torch::Tensor samples = sampleNumbers(context, count, torch::kCPU).contiguous();
    const auto* data = samples.data_ptr<std::int64_t>();
    return {data, data + count};
}

} // namespace

void checkMaskSearch(const MaskSearchSpec& spec)
{
    checkRange("drop_rate", spec.dropRate, 0, 0.95, kWhere);
    checkRange("population", spec.population, 2, 10000, kWhere);
    checkRange("generations", spec.generations, 0, 10000, kWhere);
    checkRange("elite_fraction", spec.eliteFraction, 0, 1, kWhere);
}

MaskSearch::MaskSearch(const Source& source, std::vector<const models::Model*> simulated,
                       const Recipe& recipe, const Budget& budget, const MaskSearchSpec& spec)
    : m_source(source)
    , m_simulated(std::move(simulated))
    , m_recipe(recipe)
    , m_budget(budget)
    , m_spec(spec)
{
    checkMaskSearch(spec);
    if (m_simulated.empty())
        throw Error("no simulated model is given to rate masks by", kWhere, "Name at least one model.");
}

PatchGrid MaskSearch::grid(const torch::Tensor& x) const
{
    return patchGrid(m_spec.patch, x.size(2), x.size(3));
}

MaskSearchState MaskSearch::run(const torch::Tensor& x, const torch::Tensor& y, const Context& context,
                                const std::function<void(const MaskSearchState&)>& report) const
{
    const PatchGrid patches = grid(x);
    const std::int64_t dropped = droppedPatches(m_spec.dropRate, patches.genes());
    const auto samples = numbersOf(context, x.size(0));
    const Rows rows = rowsOf(x, y, context);
    std::vector<std::vector<Genes>> candidates(samples.size());
    for (std::size_t i = 0; i < samples.size(); ++i) {
        GeneDraws draws(context.seed, samples[i], 0);
        for (int k = 0; k < m_spec.population; ++k)
            candidates[i].push_back(randomGenes(patches.genes(), dropped, draws));
    }
    MaskSearchState state{.populations = rated(candidates, rows, context)};
    for (MaskPopulation& population : state.populations)
        sortByFitness(population);
    if (report)
        report(state);
    while (state.generation < m_spec.generations) {
        ++state.generation;
        for (std::size_t i = 0; i < samples.size(); ++i) {
            GeneDraws draws(context.seed, samples[i], static_cast<std::uint64_t>(state.generation));
            candidates[i] = offspring(state.populations[i], m_spec.eliteFraction, dropped, draws);
        }
        const auto children = rated(candidates, rows, context);
        for (std::size_t i = 0; i < samples.size(); ++i)
            state.populations[i] = select(state.populations[i], children[i]);
        if (report)
            report(state);
    }
    return state;
}

MaskSearch::Rows MaskSearch::rowsOf(const torch::Tensor& x, const torch::Tensor& y,
                                    const Context& context) const
{
    const auto repeated = [&](const torch::Tensor& of) {
        const torch::Tensor there = of.to(m_source.device()).unsqueeze(1);
        std::vector<std::int64_t> shape(static_cast<std::size_t>(there.dim()), -1);
        shape[1] = m_spec.population;
        return there.expand(shape).flatten(0, 1);
    };
    return {.images = repeated(x),
            .labels = repeated(y),
            .targets = context.target ? repeated(*context.target) : torch::Tensor()};
}

std::vector<MaskPopulation> MaskSearch::rated(const std::vector<std::vector<Genes>>& candidates,
                                              const Rows& rows, const Context& context) const
{
    const std::int64_t each = m_spec.population;
    std::vector<torch::Tensor> masks;
    for (const auto& genes : candidates)
        masks.push_back(toTensor(genes));
    if (masks.empty())
        return {};
    const torch::Tensor rowMasks =
        torch::cat(masks).unsqueeze(1).to(m_source.device()); // [N * each, 1, genes]
    Context inner = context;
    inner.stopWhenFooled = false;
    inner.samples.reset(); // the rows' own numbers: which mask is whose
    if (context.target)
        inner.target = rows.targets;
    const GradientAttack attack(masked(m_recipe, rowMasks, grid(rows.images), 1));
    const torch::Tensor adversarial =
        attack.run(m_source, rows.images, rows.labels, m_budget, inner).adversarial;

    const torch::Tensor classes = (context.target ? rows.targets : rows.labels).cpu();
    std::vector<torch::Tensor> losses;
    for (const models::Model* model : m_simulated) {
        if (context.hooks.checkpoint)
            context.hooks.checkpoint();
        const torch::Tensor logits = models::logitsChunked(*model, adversarial).cpu().to(torch::kFloat64);
        const torch::Tensor ce =
            torch::log_softmax(logits, 1).gather(1, classes.unsqueeze(1)).squeeze(1).neg();
        losses.push_back(context.target ? ce : ce.neg());
    }
    const torch::Tensor fitness = maskFitness(torch::stack(losses)).contiguous();
    const double* value = fitness.data_ptr<double>();
    std::vector<MaskPopulation> result;
    for (const auto& genes : candidates) {
        result.push_back({.masks = genes, .fitness = {value, value + each}});
        value += each;
    }
    return result;
}

torch::Tensor maskFitness(const torch::Tensor& losses)
{
    return losses.mean(0) + losses.var(0, /*unbiased=*/false);
}

torch::Tensor maskTensor(const std::vector<MaskPopulation>& populations)
{
    std::vector<torch::Tensor> masks;
    for (const MaskPopulation& population : populations)
        masks.push_back(toTensor(population.masks));
    return masks.empty() ? torch::empty({0, 1, 0}, torch::kUInt8) : torch::stack(masks);
}

torch::Tensor randomMasks(const PatchGrid& grid, const MaskSearchSpec& spec, const torch::Tensor& samples,
                          std::uint64_t seed)
{
    const std::int64_t dropped = droppedPatches(spec.dropRate, grid.genes());
    const torch::Tensor numbers = samples.cpu().contiguous();
    std::vector<MaskPopulation> populations(static_cast<std::size_t>(numbers.numel()));
    for (std::size_t i = 0; i < populations.size(); ++i) {
        GeneDraws draws(seed, static_cast<std::uint64_t>(numbers.data_ptr<std::int64_t>()[i]), kUnsearched);
        for (int k = 0; k < spec.population; ++k)
            populations[i].masks.push_back(randomGenes(grid.genes(), dropped, draws));
    }
    return maskTensor(populations);
}

torch::Tensor dropFrequency(const torch::Tensor& masks)
{
    return torch::rsub(masks.to(torch::kFloat64).mean(1), 1);
}

} // namespace assay::attacks
