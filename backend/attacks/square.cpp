#include "backend/attacks/square.h"

#include "backend/attacks/check.h"
#include "backend/attacks/square_run.h"

namespace assay::attacks {

namespace {

constexpr std::int64_t kHalvings[] = {10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000};
constexpr double kScheduleLength = 10000;

} // namespace

double squareShare(std::int64_t iteration, std::int64_t queries, const SquareOptions& options)
{
    if (options.rescale)
        iteration = static_cast<std::int64_t>(double(iteration) / double(queries) * kScheduleLength);
    double share = options.initialShare;
    for (const std::int64_t halving : kHalvings)
        if (iteration > halving)
            share /= 2;
    return share;
}

Square::Square(std::string name, const SquareOptions& options)
    : TaskQueryAttack(std::move(name), {Norm::Linf, Norm::L2, Norm::L1})
    , m_options(options)
{
    checkRange("initial_share", options.initialShare, 1e-6, 1, this->name());
}

void Square::attackTask(QueryTask& task) const
{
    SquareRun(task, m_options).run();
}

} // namespace assay::attacks
