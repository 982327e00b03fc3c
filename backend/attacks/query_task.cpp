#include "backend/attacks/query_task.h"

#include "backend/attacks/check.h"
#include "backend/models/parallel.h"

#include <torch/types.h>

namespace assay::attacks {

namespace {

/// index_select() without an operator: networks may take no longer than a few of them.
torch::Tensor chosenRows(const torch::Tensor& classes, const torch::Tensor& rows)
{
    const std::int64_t count = rows.size(0);
    torch::Tensor result = torch::empty({count}, torch::kInt64);
    auto* chosen = result.data_ptr<std::int64_t>();
    const torch::Tensor asked = rows.contiguous();
    const auto* row = asked.data_ptr<std::int64_t>();
    const auto* all = classes.data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < count; ++i)
        chosen[i] = all[row[i]];
    return result;
}

} // namespace

torch::Tensor QueryTask::logits(const torch::Tensor& images, const torch::Tensor& rows)
{
    if (images.size(0) <= part) {
        // A copy, since what inference mode made is not to be changed in place outside of it.
        const torch::Tensor all = queries.logits(images, rows, firstImage).clone();
        advance(images.size(0));
        return all;
    }
    torch::Tensor all;
    inParts(images.size(0), part, [&](std::int64_t first, std::int64_t n) {
        const torch::Tensor answer =
            queries.logits(images.narrow(0, first, n), rows.narrow(0, first, n), firstImage);
        if (!all.defined())
            all = torch::empty({images.size(0), answer.size(1)}, answer.options());
        all.narrow(0, first, n).copy_(answer);
    });
    advance(images.size(0));
    return all;
}

torch::Tensor QueryTask::counted(const torch::Tensor& rows, const std::function<torch::Tensor()>& ask)
{
    const torch::Tensor answer = queries.counted(rows, firstImage, ask);
    advance(rows.size(0));
    return answer;
}

void QueryTask::advance(std::int64_t questions)
{
    advanced += questions;
    hooks.advance(questions);
}

torch::Tensor QueryTask::fooling(const torch::Tensor& images, const torch::Tensor& rows)
{
    if (images.size(0) > part)
        return fooled(logits(images, rows), classes.index_select(0, rows), targeted);
    // What inference mode made is only read here: no copy as in logits().
    const torch::Tensor wanted =
        rows.is_cpu() && classes.is_cpu() ? chosenRows(classes, rows) : classes.index_select(0, rows);
    const torch::Tensor answers = queries.logits(images, rows, firstImage);
    advance(images.size(0));
    return fooled(answers, wanted, targeted);
}

Budget TaskQueryAttack::resolved(const Budget& budget) const
{
    checkBudget(budget, m_name);
    checkNorm(budget.norm, m_norms, m_name);
    return budget;
}

AttackResult TaskQueryAttack::attack(const Answers& answers, torch::Device device, const torch::Tensor& x,
                                     const torch::Tensor& y, const Budget& given,
                                     const Context& context) const
{
    const Budget budget = resolved(given);
    check(context);
    const std::int64_t count = x.size(0);
    const torch::Tensor clean = x.detach().to(device).contiguous();
    const torch::Tensor classes = (context.target ? *context.target : y).to(device);
    const torch::Tensor samples = sampleNumbers(context, count, device);
    torch::Tensor adversarial = clean.clone();
    torch::Tensor success = torch::zeros({count}, torch::TensorOptions(torch::kBool).device(device));

    Queries queries(answers, count, device);
    HookCalls hooks(context.hooks, count * budget.queries);
    const std::int64_t part = models::chunkImages(clean);
    models::forEachChunk(count, groupImages(count, part), device, [&](std::int64_t first, std::int64_t n) {
        const torch::NoGradGuard off;
        QueryTask task{.queries = queries,
                       .budget = budget,
                       .context = context,
                       .hooks = hooks,
                       .firstImage = first,
                       .part = part,
                       .clean = clean.narrow(0, first, n),
                       .classes = classes.narrow(0, first, n),
                       .targeted = context.target.has_value(),
                       .samples = samples.narrow(0, first, n),
                       .adversarial = adversarial.narrow(0, first, n),
                       .success = success.narrow(0, first, n)};
        attackTask(task);
        hooks.advance(n * budget.queries - task.advanced);
    });
    return {.adversarial = adversarial,
            .success = success.cpu(),
            .queries = queries.counts(),
            .forwardImages = queries.total()};
}

} // namespace assay::attacks
