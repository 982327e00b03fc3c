#include "backend/attacks/queries.h"

#include "backend/attacks/check.h"

#include <c10/core/InferenceMode.h>
#include <torch/types.h>

namespace assay::attacks {

Queries::Queries(Answers answers, std::int64_t count, torch::Device device)
    : m_answers(std::move(answers))
    , m_counts(torch::zeros({count}, torch::TensorOptions(torch::kInt64).device(device)))
{}

torch::Tensor Queries::logits(const torch::Tensor& x, const torch::Tensor& rows, std::int64_t first)
{
    return counted(rows, first, [&] { return m_answers.logits(x); });
}

std::unique_ptr<models::LocalChanges> Queries::localChanges(const torch::Tensor& x) const
{
    return m_answers.localChanges ? m_answers.localChanges(x) : nullptr;
}

torch::Tensor Queries::counted(const torch::Tensor& rows, std::int64_t first,
                               const std::function<torch::Tensor()>& ask)
{
    const c10::InferenceMode inference;
    count(rows, first);
    return ask();
}

void Queries::count(const torch::Tensor& rows, std::int64_t first)
{
    if (!m_counts.is_cpu()) {
        // One thread asks at a time there.
        m_counts.index_add_(0, rows + first, torch::ones_like(rows));
        return;
    }
    const torch::Tensor asked = rows.is_cpu() ? rows.contiguous() : rows.cpu();
    // In place by row and not with a tensor operation: threads count different samples of one tensor at once.
    auto* counts = m_counts.data_ptr<std::int64_t>() + first;
    const auto* row = asked.data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < asked.size(0); ++i)
        ++counts[row[i]];
}

std::int64_t Queries::total() const
{
    return m_counts.sum().item<std::int64_t>();
}

AttackResult QueryAttack::run(const Source& source, const torch::Tensor& x, const torch::Tensor& y,
                              const Budget& budget, const Context& context) const
{
    const std::string what = "query attack";
    for (const models::Model* model : source.models())
        model->requireNetwork("a query attack asks about new images");
    checkInputs(x, y, source.classCount(), source.models().front()->name(), context, what);
    Answers answers{.logits = [&source](const torch::Tensor& images) { return source.logits(images); },
                    .localChanges = {}};
    if (const auto& all = source.models(); all.size() == 1)
        answers.localChanges = [model = all.front()](const torch::Tensor& like) {
            return model->localChanges(like);
        };
    return attack(answers, source.device(), x, y, budget, context);
}

} // namespace assay::attacks
