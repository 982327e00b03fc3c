#include "backend/attacks/boundary.h"
#include "backend/attacks/hop_skip_jump.h"
#include "backend/attacks/image_kernels.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace assay::attacks {

namespace {

/// Probes of a sample asked about together by operators.
constexpr std::int64_t kProbeSlice = 25;
/// Probes of one estimate at most, so that those of different iterations use different draws.
constexpr std::int64_t kProbesOfIteration = std::int64_t(1) << 20;
constexpr double kNoLength = 1e-12;

/// What is summed over the probes of each sample.
struct ProbeSums
{
    torch::Tensor directions; ///< [n,C,H,W]
    torch::Tensor answered;   ///< times the answers
    torch::Tensor answers;    ///< [n]
    explicit ProbeSums(const BoundaryProbes& probes)
        : directions(torch::zeros_like(probes.position, torch::MemoryFormat::Contiguous))
        , answered(torch::zeros_like(directions))
        , answers(torch::zeros_like(probes.radius))
    {}
};

void sumByOperators(QueryTask& task, const BoundaryProbes& probes, const RandomStreams& draws,
                    ProbeSums& sums)
{
    const std::int64_t n = probes.position.size(0);
    const torch::Tensor radius = probes.radius.view({n, 1, 1, 1, 1});
    const torch::Tensor at = probes.position.unsqueeze(1);
    for (std::int64_t first = 0; first < probes.evaluations; first += kProbeSlice) {
        const std::int64_t width = std::min(kProbeSlice, probes.evaluations - first);
        const auto ofEach = [&](const torch::Tensor& perSample) {
            return perSample.unsqueeze(1).expand({n, width}).flatten();
        };
        const std::int64_t number = probes.iteration * kProbesOfIteration + first;
        const torch::Tensor numbers =
            torch::arange(number, number + width, probes.rows.options()).expand({n, width}).flatten();
        const torch::Tensor samples = ofEach(probes.samples);
        torch::Tensor probe =
            task.budget.norm == Norm::Linf
                ? draws.uniformByOperators(probes.position, samples, numbers).mul_(2).sub_(1)
                : draws.normalByOperators(probes.position, samples, numbers);
        probe.div_(normPerSample(probe).clamp_min_(kNoLength));
        std::vector<std::int64_t> shape = at.sizes().vec();
        shape[1] = width;
        const torch::Tensor images = (at + probe.view(shape) * radius).clamp_(0, 1);
        const torch::Tensor way = images - at;
        const torch::Tensor flags = task.fooling(images.flatten(0, 1), ofEach(probes.rows)).view({n, width});
        const torch::Tensor answer = flags.to(torch::kFloat32).mul_(2).sub_(1);
        sums.directions.add_(way.sum(1));
        sums.answered.add_((way * answer.view({n, width, 1, 1, 1})).sum(1));
        sums.answers.add_(answer.sum(1));
    }
}

/// The same on the CPU: each probe in a few passes over an image that stays in the cache, and as many asked
/// about at once as a pass through a model takes.
class ProbePart
{
public:
    ProbePart(QueryTask& task, const BoundaryProbes& probes, const RandomStreams& draws, ProbeSums& sums)
        : m_task(task)
        , m_probes(probes)
        , m_draws(draws)
        , m_sums(sums)
        , m_position(probes.position.contiguous())
        , m_width(m_position[0].numel())
        , m_room(std::min(task.part, m_position.size(0) * probes.evaluations))
    {
        std::vector<std::int64_t> shape = m_position.sizes().vec();
        shape.front() = m_room;
        m_images = torch::empty(shape, m_position.options());
        m_rows = torch::empty({m_room}, probes.rows.options());
    }

    /// See boundaryDirection().
    torch::Tensor direction()
    {
        sum();
        torch::Tensor result = torch::zeros_like(m_position);
        for (std::int64_t i = 0; i < m_position.size(0); ++i) {
            const float* common = m_sums.directions.data_ptr<float>() + i * m_width;
            float* answered = m_sums.answered.data_ptr<float>() + i * m_width;
            const float mean = m_sums.answers.data_ptr<float>()[i] / float(m_probes.evaluations);
            // Where all agree, what was answered is the common times the mean already.
            if (std::abs(mean) < 1)
                m_kernels.add(answered, common, -mean, m_width);
            const double length = std::sqrt(m_kernels.squares(answered, nullptr, m_width));
            if (length >= kNoLength)
                m_kernels.add(result.data_ptr<float>() + i * m_width, answered, float(1 / length), m_width);
        }
        return result;
    }

private:
    void sum()
    {
        const std::int64_t total = m_position.size(0) * m_probes.evaluations;
        for (std::int64_t first = 0; first < total; first += m_room) {
            const std::int64_t count = std::min(m_room, total - first);
            for (std::int64_t i = 0; i < count; ++i)
                draw(i, first + i);
            answered(count == m_room
                         ? m_task.fooling(m_images, m_rows)
                         : m_task.fooling(m_images.narrow(0, 0, count), m_rows.narrow(0, 0, count)),
                     first);
        }
    }

    float* image(std::int64_t place) { return m_images.data_ptr<float>() + place * m_width; }
    const float* centre(std::int64_t sample) const { return m_position.data_ptr<float>() + sample * m_width; }

    void draw(std::int64_t place, std::int64_t probe)
    {
        const std::int64_t sample = probe / m_probes.evaluations;
        const std::int64_t number = m_probes.iteration * kProbesOfIteration + probe % m_probes.evaluations;
        const auto stream = m_probes.samples.data_ptr<std::int64_t>()[sample];
        float* out = image(place);
        if (m_task.budget.norm == Norm::Linf)
            m_draws.cube(out, m_width, stream, number);
        else
            m_draws.normal(out, m_width, stream, number);
        const double length = std::max(std::sqrt(m_kernels.squares(out, nullptr, m_width)), kNoLength);
        const double radius = m_probes.radius.data_ptr<float>()[sample];
        m_kernels.along(centre(sample), out, float(radius / length), out, m_width);
        m_rows.data_ptr<std::int64_t>()[place] = m_probes.rows.data_ptr<std::int64_t>()[sample];
    }

    /// Adds what was asked about the probes from @p first on, sample by sample.
    void answered(const torch::Tensor& flags, std::int64_t first)
    {
        const std::int64_t count = flags.size(0);
        m_answers.assign(flags.data_ptr<bool>(), flags.data_ptr<bool>() + count);
        for (float& answer : m_answers)
            answer = 2 * answer - 1;
        for (std::int64_t i = 0, n = 0; i < count; i += n) {
            const std::int64_t sample = (first + i) / m_probes.evaluations;
            n = std::min((sample + 1) * m_probes.evaluations - first, count) - i;
            const float* answers = m_answers.data() + i;
            m_kernels.gather(image(i), centre(sample), answers, n,
                             m_sums.directions.data_ptr<float>() + sample * m_width,
                             m_sums.answered.data_ptr<float>() + sample * m_width, m_width);
            m_sums.answers.data_ptr<float>()[sample] += std::accumulate(answers, answers + n, 0.0F);
        }
    }

    QueryTask& m_task;
    const BoundaryProbes& m_probes;
    const RandomStreams& m_draws;
    ProbeSums& m_sums;
    const ImageKernels& m_kernels = imageKernels();
    const torch::Tensor m_position;
    const std::int64_t m_width; ///< of an image, in pixels
    const std::int64_t m_room;  ///< images asked about at once
    torch::Tensor m_images;
    torch::Tensor m_rows;
    std::vector<float> m_answers;
};

} // namespace

torch::Tensor boundaryDirection(QueryTask& task, const BoundaryProbes& probes, const RandomStreams& draws)
{
    ProbeSums sums(probes);
    if (isPlain(probes.position))
        return ProbePart(task, probes, draws, sums).direction();
    sumByOperators(task, probes, draws, sums);
    const torch::Tensor mean = sums.answers / double(probes.evaluations);
    const torch::Tensor agreed = mean.abs().ge(1);
    const torch::Tensor common = sums.directions * perImage(mean);
    return unitPerSample(torch::where(perImage(agreed), common, sums.answered - common));
}

} // namespace assay::attacks
