#include "plain_hop_skip_jump.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace assay::bench {

namespace {

using attacks::Norm;

constexpr double kSmallest = 1e-12;

torch::Tensor column(const torch::Tensor& perImage)
{
    return perImage.view({-1, 1, 1, 1});
}

class Hops
{
public:
    Hops(const attacks::LogitsFunction& network, const torch::Tensor& x, const torch::Tensor& y, Norm norm,
         std::int64_t queries)
        : m_network(network)
        , m_x(x)
        , m_y(y)
        , m_norm(norm)
        , m_dimensions(double(x[0].numel()))
        , m_queries(queries)
    {}

    PlainHopResult run(const torch::Tensor& start, std::int64_t firstEvaluations)
    {
        isAdversarial(start);
        torch::Tensor now = search(start, distances(start));
        torch::Tensor far = distances(now);
        for (int step = 0;; ++step) {
            const auto evaluations = std::int64_t(double(firstEvaluations) * std::sqrt(step + 1.0));
            if (m_queries - m_asked <= evaluations)
                return {now, m_asked * m_x.size(0)};
            // theta times the square root of the dimensions (L2) or their number (L-inf), as gamma is 1.
            const torch::Tensor radius = step == 0 ? torch::full_like(far, 0.1) : far / m_dimensions;
            torch::Tensor update = gradients(now, evaluations, radius);
            if (m_norm == Norm::Linf)
                update = update.sign();
            torch::Tensor size = far / std::sqrt(step + 1.0);
            for (;;) {
                if (m_asked >= m_queries)
                    return {now, m_asked * m_x.size(0)};
                const torch::Tensor hit = isAdversarial((now + column(size) * update).clamp(0, 1));
                size = torch::where(hit, size, size / 2);
                if (hit.all().item<bool>())
                    break;
            }
            const torch::Tensor moved = (now + column(size) * update).clamp(0, 1);
            const torch::Tensor found = search(moved, distances(moved));
            const torch::Tensor farther = distances(found);
            now = torch::where(column(farther < far), found, now);
            far = torch::min(farther, far);
        }
    }

private:
    torch::Tensor isAdversarial(const torch::Tensor& images)
    {
        ++m_asked;
        return m_network(images).argmax(1).ne(m_y);
    }

    torch::Tensor distances(const torch::Tensor& images) const
    {
        const torch::Tensor delta = (images - m_x).flatten(1);
        return m_norm == Norm::L2 ? delta.norm(2, 1) : delta.abs().amax(1);
    }

    torch::Tensor project(const torch::Tensor& images, const torch::Tensor& amount) const
    {
        const torch::Tensor share = column(amount);
        if (m_norm == Norm::L2)
            return (1 - share) * m_x + share * images;
        return torch::min(torch::max(images, m_x - share), m_x + share);
    }

    torch::Tensor search(const torch::Tensor& images, const torch::Tensor& far)
    {
        const bool linf = m_norm == Norm::Linf;
        const double theta = 1 / (m_dimensions * (linf ? m_dimensions : std::sqrt(m_dimensions)));
        torch::Tensor high = linf ? far : torch::ones_like(far);
        const torch::Tensor threshold = linf ? (far * theta).clamp_max(theta) : torch::full_like(far, theta);
        torch::Tensor low = torch::zeros_like(high), before = high;
        while (m_asked < m_queries && (high - low > threshold).any().item<bool>()) {
            const torch::Tensor middle = (low + high) / 2;
            const torch::Tensor hit = isAdversarial(project(images, middle));
            high = torch::where(hit, middle, high);
            low = torch::where(hit, low, middle);
            const bool finest = before.eq(middle).all().item<bool>();
            before = middle;
            if (finest)
                break;
        }
        return project(images, high);
    }

    torch::Tensor gradients(const torch::Tensor& now, std::int64_t evaluations, const torch::Tensor& radius)
    {
        std::vector<std::int64_t> shape = m_x.sizes().vec();
        shape.insert(shape.begin(), evaluations);
        torch::Tensor noise = torch::empty(shape);
        noise = m_norm == Norm::L2 ? noise.normal_(0, 1, m_generator) : noise.uniform_(-1, 1, m_generator);
        noise = noise / (noise.flatten(2).norm(2, 2).view({evaluations, -1, 1, 1, 1}) + kSmallest);
        const torch::Tensor probed = (now.unsqueeze(0) + column(radius).unsqueeze(0) * noise).clamp(0, 1);
        noise = (probed - now.unsqueeze(0)) / 2;
        std::vector<torch::Tensor> answers;
        for (std::int64_t i = 0; i < evaluations; ++i)
            answers.push_back(isAdversarial(probed[i]).to(torch::kFloat32) * 2 - 1);
        const torch::Tensor all = torch::stack(answers);
        const torch::Tensor mean = all.mean(0, true);
        const torch::Tensor weights = torch::where(mean.abs() == 1, all, all - mean);
        const torch::Tensor sum = (weights.view({evaluations, -1, 1, 1, 1}) * noise).mean(0);
        return sum / (column(sum.flatten(1).norm(2, 1)) + kSmallest);
    }

    const attacks::LogitsFunction& m_network;
    const torch::Tensor m_x;
    const torch::Tensor m_y;
    const Norm m_norm;
    const double m_dimensions;
    const std::int64_t m_queries;
    std::int64_t m_asked = 0; ///< about each image
    at::Generator m_generator = at::detail::createCPUGenerator(1);
};

} // namespace

PlainHopResult plainHopSkipJump(const attacks::LogitsFunction& network, const torch::Tensor& x,
                                const torch::Tensor& y, const torch::Tensor& start, Norm norm,
                                std::int64_t queries, std::int64_t firstEvaluations)
{
    const torch::NoGradGuard off;
    return Hops(network, x, y, norm, queries).run(start, firstEvaluations);
}

} // namespace assay::bench
