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

/// Probes whose directions are drawn together, at least: they stay in the cache. Of few samples more, so that
/// a pass through the model is full.
constexpr std::int64_t kProbeSlice = 10;
/// Those of operators.
constexpr std::int64_t kOperatorSlice = 25;
/// Probes of one estimate at most, so that those of different iterations use different draws.
constexpr std::int64_t kProbesOfIteration = std::int64_t(1) << 20;
constexpr double kNoLength = 1e-12;
constexpr int kWordBits = 32;

/// How a sample takes a direction that is drawn once for all: turned by a number of places, the last coming
/// first, and half of them with the other sign. Numbers that are independent and alike, of a symmetric
/// distribution, remain so: each sample's directions are what the method asks for, and those of two samples
/// have nothing in common that an estimate would see.
struct Turn
{
    std::int64_t places; ///< 0 .. width - 1
    bool negated;
    Turn(std::uint32_t word, std::int64_t width)
        : places(std::int64_t((std::uint64_t(word) * std::uint64_t(width)) >> kWordBits))
        , negated(word % 2 != 0)
    {}
};

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

/// As Turn, of directions [k,C,H,W] for each of the n samples: [n,k,C,H,W].
torch::Tensor turnedByOperators(const torch::Tensor& directions, const torch::Tensor& samples,
                                const torch::Tensor& numbers, const RandomStreams& draws)
{
    const std::int64_t n = samples.size(0), width = directions.size(0);
    const torch::Tensor flat = directions.flatten(1);
    const torch::Tensor word =
        draws.wordByOperators(samples.unsqueeze(1).expand({n, width}).flatten(), numbers.repeat({n}))
            .view({n, width, 1});
    const torch::Tensor places = word.mul(flat.size(1)).__rshift__(kWordBits);
    const torch::Tensor at =
        torch::arange(flat.size(1), samples.options()).add(places).remainder_(flat.size(1));
    const torch::Tensor sign = word.bitwise_and(1).mul_(-2).add_(1).to(torch::kFloat32);
    std::vector<std::int64_t> shape = directions.sizes().vec();
    shape.insert(shape.begin(), n);
    return flat.unsqueeze(0).expand({n, width, -1}).gather(2, at).mul_(sign).view(shape);
}

void sumByOperators(QueryTask& task, const BoundaryProbes& probes, const RandomStreams& draws,
                    ProbeSums& sums)
{
    const std::int64_t n = probes.position.size(0);
    const torch::Tensor radius = probes.radius.view({n, 1, 1, 1, 1});
    const torch::Tensor at = probes.position.unsqueeze(1);
    for (std::int64_t first = 0; first < probes.evaluations; first += kOperatorSlice) {
        const std::int64_t width = std::min(kOperatorSlice, probes.evaluations - first);
        const std::int64_t number = probes.iteration * kProbesOfIteration + first;
        const torch::Tensor numbers = torch::arange(number, number + width, probes.rows.options());
        const torch::Tensor nobody = torch::full_like(numbers, RandomStreams::kShared);
        torch::Tensor directions =
            task.budget.norm == Norm::Linf
                ? draws.uniformByOperators(probes.position, nobody, numbers).mul_(2).sub_(1)
                : draws.normalByOperators(probes.position, nobody, numbers);
        directions.div_(normPerSample(directions).clamp_min_(kNoLength));
        const torch::Tensor images =
            (at + turnedByOperators(directions, probes.samples, numbers, draws) * radius).clamp_(0, 1);
        const torch::Tensor way = images - at;
        const torch::Tensor rows = probes.rows.unsqueeze(1).expand({n, width}).flatten();
        const torch::Tensor flags = task.fooling(images.flatten(0, 1), rows).view({n, width});
        const torch::Tensor answer = flags.to(torch::kFloat32).mul_(2).sub_(1);
        sums.directions.add_(way.sum(1));
        sums.answered.add_((way * answer.view({n, width, 1, 1, 1})).sum(1));
        sums.answers.add_(answer.sum(1));
    }
}

/// The same on the CPU: the directions of a few probes, then those probes of as many samples as a pass
/// through a model takes, and the next samples', each in a pass over an image that stays in the cache.
class ProbePart
{
public:
    ProbePart(QueryTask& task, const BoundaryProbes& probes, const RandomStreams& draws, ProbeSums& sums)
        : m_task(task)
        , m_probes(probes)
        , m_draws(draws)
        , m_sums(sums)
        , m_position(probes.position.contiguous())
        , m_samples(m_position.size(0))
        , m_width(m_position[0].numel())
        , m_room(std::min(task.part, m_samples * probes.evaluations))
        , m_slice(std::clamp((m_room + m_samples - 1) / m_samples, std::min(kProbeSlice, m_room), m_room))
    {
        std::vector<std::int64_t> shape = m_position.sizes().vec();
        shape.front() = m_room;
        m_images = torch::empty(shape, m_position.options());
        m_rows = torch::empty({m_room}, probes.rows.options());
        // Asked of the tensors once and not for every probe.
        m_centre = m_position.data_ptr<float>();
        m_radius = probes.radius.data_ptr<float>();
        m_stream = probes.samples.data_ptr<std::int64_t>();
        m_rowOf = probes.rows.data_ptr<std::int64_t>();
        m_image = m_images.data_ptr<float>();
        m_row = m_rows.data_ptr<std::int64_t>();
        m_directions.resize(std::size_t(m_slice * 2 * m_width));
        m_lengths.resize(std::size_t(m_slice));
    }

    /// See boundaryDirection().
    torch::Tensor direction()
    {
        sum();
        for (std::int64_t i = 0; i < m_samples; ++i) {
            const float* common = m_sums.directions.data_ptr<float>() + i * m_width;
            float* answered = m_sums.answered.data_ptr<float>() + i * m_width;
            const float mean = m_sums.answers.data_ptr<float>()[i] / float(m_probes.evaluations);
            // Where all agree, what was answered is the common times the mean already.
            if (std::abs(mean) < 1)
                m_kernels.add(answered, common, -mean, m_width);
            const double length = std::sqrt(m_kernels.squares(answered, nullptr, m_width));
            if (length >= kNoLength)
                std::transform(answered, answered + m_width, answered,
                               [share = float(1 / length)](float value) { return value * share; });
            else
                std::fill_n(answered, m_width, 0.0F);
        }
        return m_sums.answered;
    }

private:
    void sum()
    {
        for (std::int64_t probe = 0; probe < m_probes.evaluations; probe += m_slice) {
            const std::int64_t probes = std::min(m_slice, m_probes.evaluations - probe);
            for (std::int64_t k = 0; k < probes; ++k)
                draw(k, numberOf(probe + k));
            const std::int64_t together = m_room / probes;
            for (std::int64_t sample = 0; sample < m_samples; sample += together)
                ask(sample, std::min(together, m_samples - sample), probe, probes);
        }
    }

    std::int64_t numberOf(std::int64_t probe) const
    {
        return m_probes.iteration * kProbesOfIteration + probe;
    }
    float* image(std::int64_t place) const { return m_image + place * m_width; }
    const float* centre(std::int64_t sample) const { return m_centre + sample * m_width; }
    /// Of the slice's k-th direction, written twice: what begins at any place of the first is it turned.
    float* drawn(std::int64_t k) { return m_directions.data() + k * 2 * m_width; }

    void draw(std::int64_t k, std::int64_t number)
    {
        float* out = drawn(k);
        if (m_task.budget.norm == Norm::Linf)
            m_draws.cube(out, m_width, RandomStreams::kShared, number);
        else
            m_draws.normal(out, m_width, RandomStreams::kShared, number);
        std::copy_n(out, m_width, out + m_width);
        m_lengths[std::size_t(k)] = std::max(std::sqrt(m_kernels.squares(out, nullptr, m_width)), kNoLength);
    }

    /// About @p probes probes, drawn before, of each of @p samples samples.
    void ask(std::int64_t sample, std::int64_t samples, std::int64_t probe, std::int64_t probes)
    {
        for (std::int64_t i = 0; i < samples; ++i)
            for (std::int64_t k = 0; k < probes; ++k)
                propose(i * probes + k, sample + i, k, numberOf(probe + k));
        const std::int64_t count = samples * probes;
        const torch::Tensor flags =
            count == m_room ? m_task.fooling(m_images, m_rows)
                            : m_task.fooling(m_images.narrow(0, 0, count), m_rows.narrow(0, 0, count));
        m_answers.assign(flags.data_ptr<bool>(), flags.data_ptr<bool>() + count);
        for (float& answer : m_answers)
            answer = 2 * answer - 1;
        for (std::int64_t i = 0; i < samples; ++i) {
            const float* answers = m_answers.data() + i * probes;
            m_kernels.gather(image(i * probes), centre(sample + i), answers, probes,
                             m_sums.directions.data_ptr<float>() + (sample + i) * m_width,
                             m_sums.answered.data_ptr<float>() + (sample + i) * m_width, m_width);
            m_sums.answers.data_ptr<float>()[sample + i] += std::accumulate(answers, answers + probes, 0.0F);
        }
    }

    void propose(std::int64_t place, std::int64_t sample, std::int64_t k, std::int64_t number)
    {
        const Turn turn(m_draws.word(m_stream[sample], number), m_width);
        const double radius = m_radius[sample];
        const double factor = (turn.negated ? -radius : radius) / m_lengths[std::size_t(k)];
        m_kernels.along(centre(sample), drawn(k) + turn.places, float(factor), image(place), m_width);
        m_row[place] = m_rowOf[sample];
    }

    QueryTask& m_task;
    const BoundaryProbes& m_probes;
    const RandomStreams& m_draws;
    ProbeSums& m_sums;
    const ImageKernels& m_kernels = imageKernels();
    const torch::Tensor m_position;
    const std::int64_t m_samples;
    const std::int64_t m_width; ///< of an image, in pixels
    const std::int64_t m_room;  ///< images asked about at once
    const std::int64_t m_slice; ///< probes whose directions are kept
    std::vector<float> m_directions;
    std::vector<double> m_lengths;
    torch::Tensor m_images;
    torch::Tensor m_rows;
    const float* m_centre;
    const float* m_radius;
    const std::int64_t* m_stream;
    const std::int64_t* m_rowOf;
    float* m_image;
    std::int64_t* m_row;
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
