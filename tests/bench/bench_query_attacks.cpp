#include "backend/attacks/hop_skip_jump.h"
#include "backend/attacks/square.h"
#include "backend/data/catalogue.h"
#include "backend/models/parallel.h"
#include "backend/models/predict.h"
#include "backend/models/zoo.h"
#include "frozen_network.h"
#include "plain_hop_skip_jump.h"
#include "plain_network.h"
#include "plain_square.h"

#include <benchmark/benchmark.h>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <torch/types.h>
#include <torch/utils.h>
#include <torch/version.h>

#include <cmath>
#include <dlfcn.h>
#include <iostream>
#include <malloc.h>
#include <memory>
#include <stdexcept>
#include <sys/resource.h>
#include <utility>
#include <vector>

// Questions per second of the query attacks on trained models and real images, in one process and one thread.
// The radius is so small that no image falls (but in L2 and L1, see there): all sides ask about every image
// every time.
//   plain_loop  Square (L-inf) as Python libraries run it: the network as trained, the whole batch at once,
//               squares shared by the batch, no gradients (their operators are the same, so this stands in)
//   plain_square, plain_hsj     the same of Square in L2 and L1 and of HopSkipJump
//   frozen_square, frozen_hsj   the same loops, asking a frozen TorchScript graph
//   frozen      that graph alone
//   square, hsj ours
//   bare        forward passes of the prepared model in the parts we use, and nothing else
//   reached     not a time: what share of the images Square fools at a larger radius, ours and the plain one.
//               Of HopSkipJump, `distance` is the median distance reached.
// Run with --benchmark_enable_random_interleaving=true and compare medians of CPU time: items are questions.

namespace {

using namespace assay;
using attacks::Norm;

constexpr std::int64_t kImages = 200;
constexpr std::int64_t kQueries = 60;
/// Squares become small late: so many questions that most are.
constexpr std::int64_t kManyQueries = 1000;
constexpr double kEps = 0.001;
/// In L2 and L1 such a radius would be all rounding: here as in the radii that are used. The few images that
/// fall ask no more; items are the questions asked.
constexpr double kL2Eps = 0.5;
constexpr double kL1Eps = 4;
double radiusOf(Norm norm)
{
    if (norm == Norm::Linf)
        return kEps;
    return norm == Norm::L2 ? kL2Eps : kL1Eps;
}

/// Most of what HopSkipJump asks about are probes then.
constexpr std::int64_t kHopQueries = 600;
constexpr std::int64_t kHopEvaluations = 25;
constexpr std::int64_t kReachQueries = 300;

struct Subject
{
    std::shared_ptr<const models::Model> model;
    torch::Tensor x, y;
};

/// The first images that the model classifies correctly, and by some margin.
Subject subject(const std::string& name)
{
    const auto model = models::ModelLibrary({ASSAY_BENCH_ZOO}).open(name, torch::kCPU);
    const auto set = data::DatasetCatalogue().open("fashion-mnist");
    const torch::Tensor x = set->images(data::Split::Test, torch::arange(2 * kImages), torch::kCPU);
    const torch::Tensor y = set->labels(data::Split::Test).narrow(0, 0, 2 * kImages);
    const torch::Tensor sure =
        models::logitsChunked(*model, x).softmax(1).gather(1, y.unsqueeze(1)).squeeze(1);
    const torch::Tensor rows = std::get<1>(sure.topk(kImages));
    return {model, x.index_select(0, rows), y.index_select(0, rows)};
}

void finish(benchmark::State& state, std::int64_t questions, bool intact)
{
    state.SetItemsProcessed(questions);
    // The comparison means nothing where images fall: they ask no more.
    if (!intact)
        state.SkipWithError("an image fell");
}

void bare(benchmark::State& state, const std::string& name, std::int64_t queries)
{
    const Subject s = subject(name);
    for ([[maybe_unused]] auto iteration : state) {
        const torch::NoGradGuard off;
        for (std::int64_t q = 0; q < queries; ++q)
            for (std::int64_t first = 0; first < kImages; first += models::kChunkImages)
                benchmark::DoNotOptimize(
                    s.model->logits(s.x.narrow(0, first, models::kChunkImages)).data_ptr());
    }
    finish(state, state.iterations() * kImages * queries, true);
}

void ours(benchmark::State& state, const std::string& name, const attacks::Attack& attack, Norm norm,
          std::int64_t queries)
{
    const Subject s = subject(name);
    std::int64_t asked = 0;
    bool intact = true;
    for ([[maybe_unused]] auto iteration : state) {
        const attacks::AttackResult result = attack.run(
            *s.model, s.x, s.y, {.norm = norm, .eps = radiusOf(norm), .queries = queries}, {.seed = 1});
        asked += result.queries.sum().item<std::int64_t>();
        intact = intact && (norm != Norm::Linf || !result.success.any().item<bool>());
    }
    finish(state, asked, intact);
}

/// How a Python library runs the network it attacks: eagerly, as most do, or as a graph for inference only.
enum class Peer { Plain, Frozen };

template <class Network>
attacks::LogitsFunction answersOf(const Subject& s)
{
    const auto network = std::make_shared<Network>(*s.model);
    if (!torch::allclose(network->logits(s.x), s.model->logits(s.x), 1e-3, 1e-3))
        throw std::runtime_error("the peer's network answers otherwise");
    return [network](const torch::Tensor& x) { return network->logits(x); };
}

attacks::LogitsFunction answersOf(const Subject& s, Peer peer)
{
    return peer == Peer::Plain ? answersOf<bench::PlainNetwork>(s) : answersOf<bench::FrozenNetwork>(s);
}

void frozenAlone(benchmark::State& state, const std::string& name, std::int64_t queries)
{
    const Subject s = subject(name);
    const attacks::LogitsFunction network = answersOf(s, Peer::Frozen);
    for ([[maybe_unused]] auto iteration : state)
        for (std::int64_t q = 0; q < queries; ++q)
            benchmark::DoNotOptimize(network(s.x).data_ptr());
    finish(state, state.iterations() * kImages * queries, true);
}

void plainSquares(benchmark::State& state, const std::string& name, Peer peer, Norm norm,
                  std::int64_t queries)
{
    const Subject s = subject(name);
    const attacks::LogitsFunction network = answersOf(s, peer);
    for ([[maybe_unused]] auto iteration : state)
        benchmark::DoNotOptimize(
            bench::plainSquare(network, s.x, s.y, norm, radiusOf(norm), queries).data_ptr());
    finish(state, state.iterations() * kImages * queries, true);
}

void reached(benchmark::State& state, const std::string& name, const attacks::Attack& attack, Norm norm)
{
    const Subject s = subject(name);
    const double eps = norm == Norm::L2 ? 1.5 : 12;
    const attacks::LogitsFunction network = answersOf(s, Peer::Frozen);
    const auto share = [&](const torch::Tensor& images) {
        return (models::predict(*s.model, images) != s.y).to(torch::kFloat64).mean().item<double>();
    };
    for ([[maybe_unused]] auto iteration : state) {
        const attacks::AttackResult result =
            attack.run(*s.model, s.x, s.y, {.norm = norm, .eps = eps, .queries = kReachQueries}, {.seed = 1});
        state.counters["ours"] = share(result.adversarial);
        state.counters["plain"] = share(bench::plainSquare(network, s.x, s.y, norm, eps, kReachQueries));
    }
}

double medianDistance(const Subject& s, const torch::Tensor& images, Norm norm)
{
    const torch::Tensor delta = (images - s.x).flatten(1);
    return (norm == Norm::L2 ? delta.norm(2, 1) : delta.abs().amax(1)).median().item<double>();
}

void hop(benchmark::State& state, const std::string& name, const attacks::Attack& attack, Norm norm)
{
    const Subject s = subject(name);
    const double eps = norm == Norm::L2 ? 1000 : 1; // what is found is the result as it is
    std::int64_t asked = 0;
    attacks::AttackResult result;
    for ([[maybe_unused]] auto iteration : state) {
        result =
            attack.run(*s.model, s.x, s.y, {.norm = norm, .eps = eps, .queries = kHopQueries}, {.seed = 1});
        asked += result.queries.sum().item<std::int64_t>();
    }
    finish(state, asked, true);
    state.counters["distance"] = medianDistance(s, result.adversarial, norm);
}

void plainHop(benchmark::State& state, const std::string& name, Peer peer, Norm norm)
{
    const Subject s = subject(name);
    const attacks::LogitsFunction network = answersOf(s, peer);
    // As starting point, the first image of another class.
    torch::Tensor rows = torch::zeros({kImages}, torch::kInt64);
    for (std::int64_t i = 0; i < kImages; ++i)
        rows[i] = s.y.ne(s.y[i]).nonzero()[0][0];
    const torch::Tensor start = s.x.index_select(0, rows);
    std::int64_t asked = 0;
    bench::PlainHopResult result;
    for ([[maybe_unused]] auto iteration : state) {
        result = bench::plainHopSkipJump(network, s.x, s.y, start, norm, kHopQueries, kHopEvaluations);
        asked += result.questions;
    }
    finish(state, asked, true);
    state.counters["distance"] = medianDistance(s, result.nearest, norm);
}

/// As the authors' PyTorch code goes about it, without its compaction of an unchanged batch.
void plainLoop(benchmark::State& state, const std::string& name, std::int64_t queries)
{
    const Subject s = subject(name);
    const attacks::LogitsFunction network = answersOf(s, Peer::Plain);
    const auto generator = at::detail::createCPUGenerator(1);
    const torch::Tensor index = s.y.unsqueeze(1);
    const auto marginOf = [&](const torch::Tensor& images) {
        const torch::Tensor z = network(images);
        return z.gather(1, index).squeeze(1) - z.scatter(1, index, -INFINITY).amax(1);
    };
    for ([[maybe_unused]] auto iteration : state) {
        const torch::NoGradGuard off;
        const auto signs = [&](at::IntArrayRef shape) {
            return torch::empty(shape).uniform_(-1, 1, generator).sign();
        };
        torch::Tensor best = (s.x + kEps * signs({kImages, 1, 1, s.x.size(3)})).clamp(0, 1);
        torch::Tensor lowest = marginOf(best);
        for (std::int64_t q = 1; q < queries; ++q) {
            const double share = attacks::squareShare(q - 1, queries, {});
            const auto side = std::max<std::int64_t>(std::llround(std::sqrt(share * 784)), 1);
            const auto corner = [&] {
                return torch::randint(0, 28 - side, {1}, generator).item<std::int64_t>();
            };
            torch::Tensor delta = torch::zeros({1, 28, 28});
            delta.narrow(1, corner(), side).narrow(2, corner(), side).fill_(2 * kEps).mul_(signs({1, 1, 1}));
            const torch::Tensor proposed =
                torch::min(torch::max(best + delta, s.x - kEps), s.x + kEps).clamp(0, 1);
            const torch::Tensor margin = marginOf(proposed);
            const torch::Tensor better = margin.lt(lowest).to(torch::kFloat32);
            lowest = better * margin + (1 - better) * lowest;
            const torch::Tensor column = better.view({-1, 1, 1, 1});
            best = column * proposed + (1 - column) * best;
        }
        benchmark::DoNotOptimize(best.data_ptr());
    }
    finish(state, state.iterations() * kImages * queries, true);
}

void addContext()
{
    benchmark::AddCustomContext("libtorch", TORCH_VERSION);
    benchmark::AddCustomContext("intra-op threads", std::to_string(at::get_num_threads()));
    benchmark::AddCustomContext("worker threads", std::to_string(models::workerThreads()));
    // Present only when OpenBLAS is the BLAS that was loaded.
    if (auto* name = reinterpret_cast<const char* (*)()>(dlsym(RTLD_DEFAULT, "openblas_get_corename")))
        benchmark::AddCustomContext("OpenBLAS core", name());
}

void configure(benchmark::internal::Benchmark* bench)
{
    bench->Iterations(1)->Repetitions(5)->MeasureProcessCPUTime()->Unit(benchmark::kMillisecond);
}

} // namespace

int main(int argc, char** argv)
{
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, -1);
    at::set_num_threads(1);
    models::setWorkerThreads(1);
    addContext();
    const attacks::Square square("square");
    const std::vector<std::pair<Peer, std::string>> peers = {{Peer::Plain, "plain"},
                                                             {Peer::Frozen, "frozen"}};
    // So few probes that estimates fit into the questions.
    const attacks::HopSkipJump hopping("hop-skip-jump", {.firstEvaluations = kHopEvaluations});
    for (const std::string name : {"fashion-cnn", "fashion-resnet", "fashion-mlp"}) {
        for (const std::int64_t queries : {kQueries, kManyQueries}) {
            const std::string which = name + "/" + std::to_string(queries);
            configure(
                benchmark::RegisterBenchmark(("plain_loop/" + which).c_str(), plainLoop, name, queries));
            configure(benchmark::RegisterBenchmark(("bare/" + which).c_str(), bare, name, queries));
            configure(benchmark::RegisterBenchmark(("frozen/" + which).c_str(), frozenAlone, name, queries));
            for (const Norm norm : {Norm::L2, Norm::L1})
                for (const auto& [peer, prefix] : peers)
                    configure(benchmark::RegisterBenchmark(
                        (prefix + "_square_" + std::string(normName(norm)) + "/" + which).c_str(),
                        plainSquares, name, peer, norm, queries));
            for (const Norm norm : {Norm::Linf, Norm::L2, Norm::L1})
                configure(benchmark::RegisterBenchmark(
                    ("square_" + std::string(normName(norm)) + "/" + which).c_str(),
                    [&square, name, norm, queries](benchmark::State& state) {
                        ours(state, name, square, norm, queries);
                    }));
        }
        for (const Norm norm : {Norm::L2, Norm::L1})
            benchmark::RegisterBenchmark(
                ("reached_" + std::string(normName(norm)) + "/" + name).c_str(),
                [&square, name, norm](benchmark::State& state) { reached(state, name, square, norm); })
                ->Iterations(1);
        for (const Norm norm : {Norm::Linf, Norm::L2}) {
            const std::string which = std::string(normName(norm)) + "/" + name;
            configure(benchmark::RegisterBenchmark(("hsj_" + which + "/" + std::to_string(kQueries)).c_str(),
                                                   [&hopping, name, norm](benchmark::State& state) {
                                                       ours(state, name, hopping, norm, kQueries);
                                                   }));
            configure(benchmark::RegisterBenchmark(
                ("hsj_" + which + "/" + std::to_string(kHopQueries)).c_str(),
                [&hopping, name, norm](benchmark::State& state) { hop(state, name, hopping, norm); }));
            for (const auto& [peer, prefix] : peers)
                configure(benchmark::RegisterBenchmark(
                    (prefix + "_hsj_" + which + "/" + std::to_string(kHopQueries)).c_str(), plainHop, name,
                    peer, norm));
        }
    }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv))
        return 2;
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    std::cout << "peak memory of the process: " << usage.ru_maxrss / 1024 << " MiB\n";
}
