#include "backend/calibration/density/neighbour_search.h"

#include "backend/calibration/density/best_scores.h"
#include "backend/models/parallel.h"
#include "backend/protocol/error.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <limits>

namespace assay::calibration {

namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();
/// A device with thousands of threads wants larger chunks than a core.
constexpr std::int64_t kDeviceQueries = 16;
constexpr std::int64_t kDeviceBank = 16;

void requireVectors(const torch::Tensor& x, const char* what)
{
    if (x.dim() != 2 || x.scalar_type() != torch::kFloat32)
        throw Error(std::string(what) + " must be float32 [N,D]");
    // By the lengths, so that no copy of all the values is made.
    if (!x.norm(2, {1}).isfinite().all().item<bool>())
        throw Error(std::string(what) + " hold values that are not finite");
}

/// The rows of @p products of the queries that are themselves among these bank rows: those are never chosen.
void hideOwn(const torch::Tensor& products, const std::int64_t* own, std::int64_t firstBank)
{
    float* row = products.data_ptr<float>();
    const std::int64_t width = products.size(1);
    for (std::int64_t i = 0; i < products.size(0); ++i, row += width) {
        const std::int64_t at = own[i] - firstBank;
        if (at >= 0 && at < width)
            row[at] = kNever;
    }
}

} // namespace

NeighbourSearch::NeighbourSearch(const torch::Tensor& bank, SearchChunks chunks)
    : m_bank(bank.detach().contiguous())
    , m_chunks(chunks)
{
    requireVectors(m_bank, "the bank's vectors");
    if (m_bank.size(0) == 0)
        throw Error("the bank is empty: there are no neighbours to find", {}, "Give training samples.");
    if (m_bank.size(0) > std::numeric_limits<std::int32_t>::max())
        throw Error("the bank has more than 2^31 vectors", {}, "Take a part of them.");
    m_halfSquares = m_bank.norm(2, {1}).square_().div_(2);
}

void NeighbourSearch::requireSearch(const torch::Tensor& queries, std::int64_t k,
                                    const torch::Tensor& own) const
{
    requireVectors(queries, "the vectors to search for");
    if (queries.size(1) != width())
        throw Error("the vectors to search for have " + std::to_string(queries.size(1)) +
                    " numbers, those of the bank " + std::to_string(width()));
    const std::int64_t most = own.defined() ? size() - 1 : size();
    if (k < 1 || k > most)
        throw Error("k is " + std::to_string(k) + ", but the bank has " + std::to_string(size()) +
                        " vectors" + (own.defined() ? ", of which each query skips itself" : "") +
                        "; k must be from 1 to " + std::to_string(most),
                    "k", "Choose a smaller k or a larger bank.");
    if (own.defined() &&
        (own.dim() != 1 || own.size(0) != queries.size(0) || own.scalar_type() != torch::kInt64))
        throw Error("there must be one own row (int64) for each query");
}

Neighbours NeighbourSearch::search(const torch::Tensor& queries, std::int64_t k,
                                   const torch::Tensor& own) const
{
    if (!m_bank.is_cpu())
        return searchByOperators(queries, k, own);
    requireSearch(queries, k, own);
    return searchOnHost(queries.detach().cpu().contiguous(), k, own.defined() ? own.cpu().contiguous() : own);
}

Neighbours NeighbourSearch::searchOnHost(const torch::Tensor& queries, std::int64_t k,
                                         const torch::Tensor& own) const
{
    const Neighbours result{torch::empty({queries.size(0), k}),
                            torch::empty({queries.size(0), k}, torch::kInt64)};
    const torch::Tensor squares = queries.norm(2, {1}).square_();
    const float* penalties = m_halfSquares.data_ptr<float>();
    models::forEachChunk(queries.size(0), m_chunks.queries, torch::kCPU,
                         [&](std::int64_t first, std::int64_t count) {
                             const torch::NoGradGuard off;
                             const torch::Tensor rows = queries.narrow(0, first, count);
                             const std::int64_t step = std::min(m_chunks.bank, size());
                             torch::Tensor buffer = torch::empty({count * step});
                             std::vector<BestScores> best(static_cast<std::size_t>(count), BestScores(k));
                             for (std::int64_t from = 0; from < size(); from += step) {
                                 const std::int64_t n = std::min(step, size() - from);
                                 torch::Tensor products = buffer.narrow(0, 0, count * n).view({count, n});
                                 at::mm_out(products, rows, m_bank.narrow(0, from, n).t());
                                 if (own.defined())
                                     hideOwn(products, own.data_ptr<std::int64_t>() + first, from);
                                 const float* row = products.data_ptr<float>();
                                 for (std::size_t i = 0; i < best.size(); ++i, row += n)
                                     best[i].scan({row, static_cast<std::size_t>(n)},
                                                  {penalties + from, static_cast<std::size_t>(n)}, from);
                             }
                             float* distance = result.distances.data_ptr<float>() + first * k;
                             auto* index = result.indices.data_ptr<std::int64_t>() + first * k;
                             const float* square = squares.data_ptr<float>() + first;
                             for (std::size_t i = 0; i < best.size(); ++i) {
                                 for (const Candidate& candidate : best[i].finished()) {
                                     *distance++ = std::max(0.0f, square[i] - 2 * candidate.score);
                                     *index++ = candidate.index;
                                 }
                             }
                         });
    return result;
}

Neighbours NeighbourSearch::searchByOperators(const torch::Tensor& queries, std::int64_t k,
                                              const torch::Tensor& own) const
{
    requireSearch(queries, k, own);
    const torch::NoGradGuard off;
    const torch::Tensor all = queries.detach().to(m_bank.device());
    const torch::Tensor rows = own.defined() ? own.to(m_bank.device()).unsqueeze(1) : own;
    const std::int64_t block = m_chunks.bank * kDeviceBank;
    std::vector<torch::Tensor> distances;
    std::vector<torch::Tensor> indices;
    for (std::int64_t first = 0; first < all.size(0); first += m_chunks.queries * kDeviceQueries) {
        const std::int64_t count = std::min(m_chunks.queries * kDeviceQueries, all.size(0) - first);
        const torch::Tensor q = all.narrow(0, first, count);
        torch::Tensor scores = torch::empty({count, 0}, all.options());
        torch::Tensor found = torch::empty({count, 0}, all.options().dtype(torch::kInt64));
        for (std::int64_t from = 0; from < size(); from += block) {
            const std::int64_t n = std::min(block, size() - from);
            torch::Tensor products =
                q.mm(m_bank.narrow(0, from, n).t()).sub_(m_halfSquares.narrow(0, from, n));
            if (rows.defined()) {
                const torch::Tensor at = torch::arange(from, from + n, found.options());
                products.masked_fill_(at.unsqueeze(0).eq(rows.narrow(0, first, count)), kNever);
            }
            const auto [score, index] = products.topk(std::min(k, n), 1);
            scores = torch::cat({scores, score}, 1);
            found = torch::cat({found, index + from}, 1);
            const auto [kept, at] = scores.topk(std::min(k, scores.size(1)), 1);
            scores = kept;
            found = found.gather(1, at);
        }
        distances.push_back((q.norm(2, {1}, true).square_() - scores * 2).clamp_min_(0));
        indices.push_back(found);
    }
    if (distances.empty())
        return {torch::empty({0, k}, all.options()),
                torch::empty({0, k}, all.options().dtype(torch::kInt64))};
    return {torch::cat(distances), torch::cat(indices)};
}

} // namespace assay::calibration
