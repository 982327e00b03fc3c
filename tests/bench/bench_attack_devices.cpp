#include "backend/attacks/registry.h"
#include "backend/data/catalogue.h"
#include "backend/models/parallel.h"
#include "backend/models/predict.h"
#include "backend/models/zoo.h"
#include "plain_network.h"

#include <benchmark/benchmark.h>

#include <ATen/Context.h>
#include <torch/autograd.h>
#include <torch/cuda.h>
#include <torch/types.h>
#include <torch/utils.h>
#include <torch/version.h>

// PGD with 40 steps and Square on the first CUDA device, and the same work without us; nothing where there is
// no such device.
//   plain_loop   the network as trained, operator by operator, the whole batch at once, every step
//   pgd          ours, every sample every step
//   bare_gradient   forward and input gradient of the prepared model, 40 times, in the chunks we use
//   square       ours: questions of images that are not fooled at a tiny radius
//   bare_forward    as many forward passes of the prepared model, in the chunks we use
// Times are wall-clock, from idle device to idle device; items are images, or questions.

namespace {

using namespace assay;

constexpr int kSteps = 40;
constexpr double kEps = 0.1;
constexpr double kStepSize = 0.01;
constexpr std::int64_t kQueries = 100;
constexpr double kTinyEps = 0.0001;

struct Subject
{
    std::shared_ptr<const models::Model> model;
    torch::Tensor x, y;
};

torch::Device device()
{
    return {torch::kCUDA, 0};
}

/// The images that the model is surest of among the first ones.
Subject subject(const std::string& name, std::int64_t count)
{
    const auto model = models::ModelLibrary({ASSAY_BENCH_ZOO}).open(name, device());
    const auto set = data::DatasetCatalogue().open("fashion-mnist");
    const torch::Tensor ids = torch::arange(2 * count);
    const torch::Tensor x = set->images(data::Split::Test, ids, device());
    const torch::Tensor y = set->labels(data::Split::Test).narrow(0, 0, 2 * count).to(device());
    const torch::Tensor sure =
        models::logitsChunked(*model, x).softmax(1).gather(1, y.unsqueeze(1)).squeeze(1);
    const torch::Tensor rows = std::get<1>(sure.topk(count));
    return {model, x.index_select(0, rows), y.index_select(0, rows)};
}

template <class Work>
void measure(benchmark::State& state, std::int64_t items, const Work& work)
{
    work(); // kernels are loaded, memory is taken
    for ([[maybe_unused]] auto iteration : state) {
        work();
        torch::cuda::synchronize();
    }
    state.SetItemsProcessed(state.iterations() * items);
}

void plainLoop(benchmark::State& state, const std::string& name, std::int64_t count)
{
    const Subject s = subject(name, count);
    const bench::PlainNetwork network(*s.model);
    torch::Tensor now;
    measure(state, count, [&] {
        now = s.x.clone();
        for (int t = 0; t < kSteps; ++t) {
            now.requires_grad_(true);
            const torch::Tensor loss = at::cross_entropy_loss(network.logits(now), s.y);
            const torch::Tensor g = torch::autograd::grad({loss}, {now})[0];
            now = now.detach() + kStepSize * g.sign();
            now = (s.x + (now - s.x).clamp(-kEps, kEps)).clamp(0, 1);
        }
    });
    state.counters["success"] =
        (models::predict(*s.model, now) != s.y.cpu()).to(torch::kFloat64).mean().item<double>();
}

void pgd(benchmark::State& state, const std::string& name, std::int64_t count)
{
    const Subject s = subject(name, count);
    const auto attack = attacks::attacks().make("pgd", {{"random_start", false}});
    attacks::AttackResult result;
    measure(state, count, [&] {
        result = attack->run(*s.model, s.x, s.y, {.eps = kEps, .steps = kSteps, .stepSize = kStepSize});
    });
    state.counters["success"] = (models::predict(*s.model, result.adversarial) != s.y.cpu())
                                    .to(torch::kFloat64)
                                    .mean()
                                    .item<double>();
}

/// Calls body(first, count) for the chunks that our attacks make.
template <class Body>
void inChunks(const Subject& s, const Body& body)
{
    models::forEachChunk(s.x.size(0), models::chunkImages(s.x), device(), body);
}

void bareGradient(benchmark::State& state, const std::string& name, std::int64_t count)
{
    const Subject s = subject(name, count);
    measure(state, count, [&] {
        inChunks(s, [&](std::int64_t first, std::int64_t n) {
            const torch::Tensor x = s.x.narrow(0, first, n), y = s.y.narrow(0, first, n);
            for (int t = 0; t < kSteps; ++t) {
                const torch::Tensor leaf = x.detach().requires_grad_(true);
                const torch::Tensor loss =
                    at::cross_entropy_loss(s.model->logits(leaf), y, {}, at::Reduction::Sum);
                benchmark::DoNotOptimize(torch::autograd::grad({loss}, {leaf})[0].data_ptr());
            }
        });
    });
}

void square(benchmark::State& state, const std::string& name, std::int64_t count)
{
    const Subject s = subject(name, count);
    const auto attack = attacks::attacks().make("square", Json::object());
    std::int64_t asked = 0;
    measure(state, 0, [&] {
        const auto result =
            attack->run(*s.model, s.x, s.y, {.eps = kTinyEps, .queries = kQueries}, {.seed = 1});
        asked = result.queries.sum().item<std::int64_t>();
    });
    state.SetItemsProcessed(state.iterations() * asked);
}

void bareForward(benchmark::State& state, const std::string& name, std::int64_t count)
{
    const Subject s = subject(name, count);
    measure(state, count * kQueries, [&] {
        inChunks(s, [&](std::int64_t first, std::int64_t n) {
            const torch::NoGradGuard off;
            for (std::int64_t q = 0; q < kQueries; ++q)
                benchmark::DoNotOptimize(s.model->logits(s.x.narrow(0, first, n)).data_ptr());
        });
    });
}

void configure(benchmark::internal::Benchmark* bench)
{
    bench->Iterations(1)->Repetitions(5)->UseRealTime()->Unit(benchmark::kMillisecond);
}

} // namespace

int main(int argc, char** argv)
{
    if (!torch::cuda::is_available())
        return 0;
    // As the engine computes.
    at::globalContext().setAllowTF32CuDNN(false);
    at::globalContext().setDeterministicCuDNN(true);
    benchmark::AddCustomContext("libtorch", TORCH_VERSION);
    for (const std::string name : {"fashion-cnn", "fashion-resnet"}) {
        for (const std::int64_t count : {250, 2000, 4000}) {
            const auto add = [&](const std::string& what, auto work) {
                configure(benchmark::RegisterBenchmark(
                    (what + "/" + name + "/" + std::to_string(count)).c_str(),
                    [work, name, count](benchmark::State& state) { work(state, name, count); }));
            };
            add("plain_loop", plainLoop);
            add("pgd", pgd);
            add("bare_gradient", bareGradient);
            add("square", square);
            add("bare_forward", bareForward);
        }
    }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv))
        return 2;
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
}
