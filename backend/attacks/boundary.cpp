#include "backend/attacks/boundary.h"

#include "backend/attacks/check.h"
#include "backend/attacks/hook_calls.h"
#include "backend/attacks/steps.h"
#include "backend/models/parallel.h"
#include "backend/protocol/error.h"

#include <torch/types.h>
#include <torch/utils.h>

namespace assay::attacks {

namespace {

constexpr const char* kBoundary = "boundary distance";
/// Finished images are dropped every so many grid steps: each time costs a host round trip.
constexpr int kCompactEvery = 8;

/// The search for one chunk of images.
class Search
{
public:
    Search(const models::Model& model, torch::Tensor x, torch::Tensor y, torch::Tensor direction,
           const BoundarySpec& spec, HookCalls& hooks)
        : m_model(model)
        , m_x(std::move(x))
        , m_y(std::move(y))
        , m_direction(std::move(direction))
        , m_spec(spec)
        , m_hooks(hooks)
        , m_first(torch::full({m_x.size(0)}, -1, m_y.options()))
    {}

    void scan()
    {
        torch::Tensor rows = torch::arange(m_x.size(0), m_y.options());
        for (int k = 0; k <= m_spec.gridSteps && rows.size(0) > 0; ++k) {
            m_hooks.checkpoint();
            const torch::Tensor radii = torch::full({rows.size(0)}, radius(k), m_x.options());
            const torch::Tensor before = m_first.index_select(0, rows);
            const torch::Tensor crossed = wrongAt(rows, radii).logical_and_(before.lt(0));
            m_first.index_copy_(0, rows, torch::where(crossed, torch::full_like(before, k), before));
            if (k % kCompactEvery == kCompactEvery - 1)
                rows = m_first.lt(0).nonzero().squeeze(1);
        }
    }

    /// @returns the distances; images that never crossed keep rMax.
    torch::Tensor bisect()
    {
        torch::Tensor distance = torch::where(m_first.eq(0), torch::zeros_like(m_first, m_x.options()),
                                              torch::full_like(m_first, m_spec.rMax, m_x.options()));
        const torch::Tensor rows = m_first.gt(0).nonzero().squeeze(1);
        if (rows.size(0) == 0)
            return distance;
        const double width = radius(1);
        torch::Tensor high = m_first.index_select(0, rows).to(m_x.dtype()) * width;
        torch::Tensor low = high - width;
        for (int i = 0; i < m_spec.bisectSteps; ++i) {
            m_hooks.checkpoint();
            const torch::Tensor middle = (low + high) / 2;
            const torch::Tensor wrong = wrongAt(rows, middle);
            high = torch::where(wrong, middle, high);
            low = torch::where(wrong, low, middle);
        }
        return distance.index_copy_(0, rows, high);
    }

    torch::Tensor capped() const { return m_first.lt(0); }

private:
    double radius(int k) const { return m_spec.rMax * k / m_spec.gridSteps; }

    /// Whether F(x + r d) differs from the label, for the images @p rows at @p radii.
    torch::Tensor wrongAt(const torch::Tensor& rows, const torch::Tensor& radii) const
    {
        const torch::Tensor x = torch::addcmul(m_x.index_select(0, rows), m_direction.index_select(0, rows),
                                               radii.view({-1, 1, 1, 1}));
        return m_model.logits(x).argmax(1).ne(m_y.index_select(0, rows));
    }

    const models::Model& m_model;
    torch::Tensor m_x;
    torch::Tensor m_y;
    torch::Tensor m_direction;
    const BoundarySpec& m_spec;
    HookCalls& m_hooks;
    torch::Tensor m_first; ///< first grid step at which the class differs, -1 for none
};

} // namespace

BoundaryDistances minDistances(const models::Model& model, const torch::Tensor& x, const torch::Tensor& y,
                               const torch::Tensor& direction, const BoundarySpec& spec,
                               const AttackHooks& hooks)
{
    checkImages(x, kBoundary);
    const std::int64_t count = x.size(0);
    checkClasses(model, y, count, "labels", kBoundary);
    if (direction.sizes() != x.sizes())
        throw Error("directions must have the shape of the images", kBoundary);
    checkRange("r_max", spec.rMax, 1e-6, 1e6, kBoundary);
    checkRange("grid_steps", spec.gridSteps, 1, 100000, kBoundary);
    checkRange("bisect_steps", spec.bisectSteps, 0, 100, kBoundary);

    const torch::Device device = model.device();
    const torch::Tensor images = x.detach().to(device);
    const torch::Tensor labels = y.to(device);
    const torch::Tensor directions = direction.detach().to(device);
    BoundaryDistances result{.distance = torch::empty({count}, images.options()),
                             .capped = torch::empty({count}, images.options().dtype(torch::kBool))};
    HookCalls calls(hooks, count);
    const std::int64_t chunk = models::chunkImages(images, device);
    models::forEachChunk(count, chunk, device, [&](std::int64_t first, std::int64_t n) {
        const torch::NoGradGuard off;
        Search search(model, images.narrow(0, first, n), labels.narrow(0, first, n),
                      directions.narrow(0, first, n), spec, calls);
        search.scan();
        result.distance.narrow(0, first, n).copy_(search.bisect());
        result.capped.narrow(0, first, n).copy_(search.capped());
        calls.advance(n);
    });
    return {.distance = result.distance.cpu(), .capped = result.capped.cpu()};
}

torch::Tensor gradientCosine(const models::Model& first, const models::Model& second, const torch::Tensor& x,
                             const torch::Tensor& y)
{
    const torch::Tensor a = unitPerSample(inputGradient(first, x, y)).cpu();
    const torch::Tensor b = unitPerSample(inputGradient(second, x, y)).cpu();
    return (a * b).flatten(1).sum(1);
}

} // namespace assay::attacks
