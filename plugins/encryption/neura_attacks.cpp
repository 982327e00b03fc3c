#include "plugins/encryption/neura_attacks.h"

#include "backend/training/adam.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Functions.h>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace assay::encryption {

namespace {

constexpr std::int64_t kStudentAtOnce = 250;
constexpr double kStudentEpsilon = 1e-5;
constexpr double kRidge = 1e-6; ///< of the mean variance of a pixel

/// Adam on batches drawn in a new order every epoch; @p loss gets rows of the attacker's images, on the CPU.
void trainStudent(const NeuraStudent& student, std::int64_t images, const NeuraAttackSpec& attack,
                  const NeuraStep& step, const std::function<torch::Tensor(const torch::Tensor& rows)>& loss)
{
    const torch::AutoGradMode gradients(true);
    for (torch::Tensor parameter : student.parameters())
        parameter.requires_grad_(true);
    training::Adam adam(student.parameters(), 0);
    at::Generator order = at::detail::createCPUGenerator(attack.seed + 1);
    const std::int64_t batch = std::min<std::int64_t>(attack.batch, images), batches = images / batch;
    const std::int64_t all = attack.epochs * batches;
    for (int epoch = 0; epoch < attack.epochs; ++epoch) {
        const torch::Tensor rows = torch::randperm(images, order, torch::kInt64);
        for (std::int64_t b = 0; b < batches; ++b) {
            const std::int64_t done = epoch * batches + b;
            if (step)
                step(done, all);
            const double share = static_cast<double>(done) / static_cast<double>(all);
            const double rate = attack.learningRate * 0.5 * (1 + std::cos(std::numbers::pi * share));
            const torch::Tensor value = loss(rows.narrow(0, b * batch, batch));
            adam.step(torch::autograd::grad({value}, adam.parameters()), rate);
        }
    }
    for (torch::Tensor parameter : student.parameters())
        parameter.requires_grad_(false);
}

} // namespace

Json toJson(const NeuraAttackSpec& spec)
{
    return {{"epochs", spec.epochs},
            {"batch", spec.batch},
            {"learning_rate", spec.learningRate},
            {"seed", spec.seed}};
}

NeuraStudent::NeuraStudent(const NeuraSpec& spec, std::int64_t channels, std::int64_t height,
                           std::int64_t width, at::Generator generator, torch::Device device)
    : m_spec(spec)
{
    // One tensor of draws instead of one call a number.
    const auto drawn = [generator](const std::string&) -> std::function<double()> {
        constexpr std::int64_t kDraws = 4096;
        struct Buffer
        {
            torch::Tensor values;
            std::int64_t next = kDraws;
        };
        auto buffer = std::make_shared<Buffer>(); // std::function copies what it holds
        return [buffer, generator]() mutable {
            if (buffer->next == kDraws) {
                buffer->values = torch::rand({kDraws}, generator, torch::kFloat64);
                buffer->next = 0;
            }
            return buffer->values.data_ptr<double>()[buffer->next++];
        };
    };
    m_weights = drawNeuraWeights(spec, channels, height, width, drawn).to(device);
}

std::vector<torch::Tensor> NeuraStudent::parameters() const
{
    std::vector<torch::Tensor> all = m_weights.parameters();
    if (m_offset.defined())
        all.push_back(m_offset);
    return all;
}

torch::Tensor NeuraStudent::learning(const torch::Tensor& x) const
{
    const torch::Tensor z = neuraForward(
        m_weights, m_spec, x, [](std::size_t, const torch::Tensor& rows) { return normalisedByBatch(rows); });
    return m_offset.defined() ? z + m_offset : z;
}

void NeuraStudent::matchMean(const torch::Tensor& x, const torch::Tensor& mean)
{
    const torch::NoGradGuard off;
    freeze(x);
    m_offset = torch::Tensor();
    m_offset = mean - encode(x).mean(0);
}

void NeuraStudent::freeze(const torch::Tensor& x)
{
    const torch::NoGradGuard off;
    m_frozen.clear();
    neuraForward(m_weights, m_spec, x, [this](std::size_t, const torch::Tensor& rows) {
        const torch::Tensor wide = rows.to(torch::kFloat64);
        m_frozen.emplace_back(
            wide.mean(0).to(torch::kFloat32),
            (wide.var(0, /*unbiased=*/false) + kStudentEpsilon).rsqrt().to(torch::kFloat32));
        return (rows - m_frozen.back().first) * m_frozen.back().second;
    });
}

torch::Tensor NeuraStudent::encode(const torch::Tensor& x) const
{
    const torch::NoGradGuard off;
    std::vector<torch::Tensor> parts;
    for (std::int64_t first = 0; first < x.size(0); first += kStudentAtOnce)
        parts.push_back(neuraForward(m_weights, m_spec,
                                     x.narrow(0, first, std::min(kStudentAtOnce, x.size(0) - first)),
                                     [this](std::size_t layer, const torch::Tensor& rows) {
                                         return (rows - m_frozen[layer].first) * m_frozen[layer].second;
                                     }));
    const torch::Tensor z = at::cat(parts);
    return m_offset.defined() ? z + m_offset : z;
}

double normalisedError(const torch::Tensor& guess, const torch::Tensor& truth)
{
    const torch::Tensor z = truth.to(torch::kFloat64);
    const torch::Tensor error = (guess.to(torch::kFloat64) - z).square().mean();
    return (error / (z - z.mean(0)).square().mean()).item<double>();
}

NeuraStudent plaintextAttack(const NeuraSpec& spec, const torch::Tensor& x, const torch::Tensor& z,
                             const NeuraAttackSpec& attack, const NeuraStep& step)
{
    NeuraStudent student(spec, x.size(1), x.size(2), x.size(3), at::detail::createCPUGenerator(attack.seed),
                         x.device());
    student.matchMean(x, z.mean(0));
    trainStudent(student, x.size(0), attack, step, [&](const torch::Tensor& rows) {
        const torch::Tensor at = rows.to(x.device());
        return (student.learning(x.index_select(0, at)) - z.index_select(0, at)).square().mean();
    });
    student.freeze(x);
    return student;
}

NeuraRegression regressionAttack(int patch, const torch::Tensor& x, const torch::Tensor& z)
{
    const torch::Tensor in = neuraPatches(x.to(torch::kFloat64), patch), out = z.to(torch::kFloat64);
    NeuraRegression fit{.centre = in.mean(0), .offset = out.mean(0)};
    const torch::Tensor a = (in - fit.centre).flatten(0, 1), b = (out - fit.offset).flatten(0, 1);
    const torch::Tensor gram = a.t().mm(a);
    const torch::Tensor ridge =
        torch::eye(gram.size(0), gram.options()) * (gram.trace() / gram.size(0)) * kRidge;
    fit.matrix = at::linalg_solve(gram + ridge, a.t().mm(b));
    return fit;
}

torch::Tensor NeuraRegression::encode(const torch::Tensor& x, int patch) const
{
    return ((neuraPatches(x.to(torch::kFloat64), patch) - centre).matmul(matrix) + offset)
        .to(torch::kFloat32);
}

torch::Tensor squaredMmd(const torch::Tensor& a, const torch::Tensor& b)
{
    constexpr double kScales[] = {1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1,   5,   10, 15,
                                  20,   25,   30,   35,   100,  1e3, 1e4, 1e5, 1e6};
    const auto kernel = [&](const torch::Tensor& p, const torch::Tensor& q) {
        const torch::Tensor squares =
            (p.square().sum(1, true) + q.square().sum(1).unsqueeze(0) - 2 * p.mm(q.t())).clamp_min(0);
        torch::Tensor sum = torch::zeros({}, p.options());
        for (const double scale : kScales)
            sum = sum + at::exp(squares * (-1 / (2 * scale))).mean();
        return sum;
    };
    return kernel(a, a) + kernel(b, b) - 2 * kernel(a, b);
}

NeuraStudent mmdAttack(const NeuraSpec& spec, const torch::Tensor& x, const torch::Tensor& published,
                       const NeuraAttackSpec& attack, const NeuraStep& step)
{
    NeuraStudent student(spec, x.size(1), x.size(2), x.size(3), at::detail::createCPUGenerator(attack.seed),
                         x.device());
    at::Generator order = at::detail::createCPUGenerator(attack.seed + 2);
    trainStudent(student, x.size(0), attack, step, [&](const torch::Tensor& rows) {
        const torch::Tensor others = torch::randperm(published.size(0), order, torch::kInt64)
                                         .narrow(0, 0, std::min(rows.size(0), published.size(0)));
        return squaredMmd(student.learning(x.index_select(0, rows.to(x.device()))).mean(1),
                          published.index_select(0, others.to(x.device())));
    });
    student.freeze(x);
    return student;
}

Reidentified reidentify(const torch::Tensor& guess, const torch::Tensor& published, std::int64_t k)
{
    // Differences in double: encodings of similar images are close together.
    const torch::Tensor distances =
        at::cdist(published.to(torch::kFloat64), guess.to(torch::kFloat64), 2, /*no matrix product=*/2);
    Reidentified found;
    found.nearest = std::get<1>(distances.topk(k, 1, /*largest=*/false, /*sorted=*/true)).cpu();
    found.rank = distances.lt(distances.diagonal().unsqueeze(1)).sum(1).cpu();
    return found;
}

} // namespace assay::encryption
