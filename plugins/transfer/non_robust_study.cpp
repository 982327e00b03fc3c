#include "plugins/transfer/non_robust_study.h"

#include "backend/engine/reporting/study_inputs.h"
#include "backend/protocol/error.h"
#include "plugins/transfer/input_checks.h"
#include "plugins/transfer/non_robust.h"
#include "plugins/transfer/non_robust_params.h"
#include "plugins/transfer/non_robust_report.h"
#include "plugins/transfer/parallel_training.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::transfer {

namespace {

constexpr int kNonRobustVersion = 1;
/// Fewer images that reached both aims cannot train anything.
constexpr std::int64_t kFewestImages = 50;

/// One run: builds the sets, trains on each, reports as it goes.
class NonRobustRun
{
public:
    NonRobustRun(engine::RunContext& context, const NonRobustParams& params)
        : m_context(context)
        , m_params(params)
    {
        std::vector<std::string> once;
        for (const std::string& learner : params.learners)
            if (std::ranges::find(once, learner) == once.end())
                once.push_back(learner);
        m_params.learners = once;
    }

    void execute()
    {
        openInputs();
        const PairSet set = build(m_aims, "altered images");
        const std::int64_t reached = set.both().sum().item<std::int64_t>();
        m_context.table(constructionTable(set, m_names));
        for (protocol::Metric& metric : constructionMetrics(set, m_names))
            m_context.metric(std::move(metric));
        if (reached < kFewestImages)
            throw Error("only " + std::to_string(reached) + " of " + std::to_string(m_ids.numel()) +
                            " images reached both classes",
                        "eps", "Raise 'eps', 'steps' or 'count'.");
        m_context.images(samplesGrid(set, m_aims, m_ids, m_y, m_clean, m_names));
        makeJobs(set);
        train();
        for (protocol::Metric& metric : accuracyMetrics(m_results, m_names))
            m_context.metric(std::move(metric));
    }

private:
    void openInputs()
    {
        m_dataset = m_context.dataset(m_params.dataset);
        m_first = m_context.model(m_params.source);
        m_second = m_context.model(m_params.target);
        reporting::requireModelFits(*m_first, m_dataset->info());
        reporting::requireModelFits(*m_second, m_dataset->info());
        m_names = {m_first->name(), m_second->name(), m_dataset->info().title, m_dataset->info().classes,
                   m_params.eps};
        const std::int64_t available = m_dataset->size(data::Split::Train);
        const std::int64_t drawn = std::min<std::int64_t>(m_params.count, available);
        m_ids = std::get<0>(torch::randperm(available, m_context.generator("images"), torch::kInt64)
                                .narrow(0, 0, drawn)
                                .sort());
        m_clean = m_dataset->pixelsOf(data::Split::Train, m_ids);
        m_x = m_dataset->images(data::Split::Train, m_ids, m_context.device());
        m_y = m_dataset->labels(data::Split::Train).index_select(0, m_ids);
        m_aims = drawAims(drawn, static_cast<std::int64_t>(m_names.classes.size()), false,
                          m_context.generator("aims"));
    }

    attacks::PairSpec pairSpec() const { return {m_params.eps, m_params.steps, m_params.stepSize}; }

    Json buildKey(const AimPair& aims) const
    {
        return {{"study", "transfer.non-robust-features"},
                {"version", kNonRobustVersion},
                {"models", {m_first->card().sha256, m_second->card().sha256}},
                {"dataset", m_dataset->hash()},
                {"ids", tensorDigest(m_ids)},
                {"aims", {tensorDigest(aims.t1), tensorDigest(aims.t2)}},
                {"attack", {m_params.eps, m_params.steps, m_params.stepSize}}};
    }

    /// A model without a hash cannot be told from another one: its results are not kept.
    engine::TensorMap cached(const Json& key, const std::function<engine::TensorMap()>& compute)
    {
        const bool known = !m_first->card().sha256.empty() && !m_second->card().sha256.empty();
        return known ? m_context.cached(key, compute) : compute();
    }

    PairSet build(const AimPair& aims, const std::string& what)
    {
        const engine::TensorMap map = cached(buildKey(aims), [&] {
            const PairSet set = buildPairSet(*m_first, *m_second, m_x, aims, pairSpec(),
                                             m_context.attackHooks("Building " + what));
            return engine::TensorMap{
                {"images", set.images}, {"reached1", set.reached1}, {"reached2", set.reached2}};
        });
        return {map.at("images"), map.at("reached1").cpu(), map.at("reached2").cpu()};
    }

    void makeJobs(const PairSet& set)
    {
        const torch::Tensor used = set.both().nonzero().flatten();
        const torch::Tensor onDevice = used.to(m_context.device());
        const torch::Tensor images = set.images.index_select(0, onDevice).cpu();
        const torch::Tensor t1 = m_aims.t1.index_select(0, used);
        addJobs("d1", images, t1);
        addJobs("d2", images, m_aims.t2.index_select(0, used));
        if (m_params.controls) {
            addJobs("permuted", images, permuted(t1, m_context.generator("permutation")));
            const torch::Tensor clean = m_x.index_select(0, onDevice);
            const torch::Tensor altered = set.images.index_select(0, onDevice);
            addJobs("noise", noiseLike(clean, altered, m_context.generator("noise")).cpu(), t1);
        }
        if (m_params.sameMistake) {
            const AimPair aims = drawAims(m_ids.numel(), static_cast<std::int64_t>(m_names.classes.size()),
                                          true, m_context.generator("same aims"));
            const PairSet same = build(aims, "the same-mistake set");
            const torch::Tensor chosen = same.both().nonzero().flatten();
            if (chosen.numel() < kFewestImages)
                throw Error("only " + std::to_string(chosen.numel()) +
                                " images of the same-mistake set reached their "
                                "class",
                            "eps", "Raise 'eps', 'steps' or 'count'.");
            addJobs("same_mistake", same.images.index_select(0, chosen.to(same.images.device())).cpu(),
                    aims.t1.index_select(0, chosen));
        }
    }

    /// One job per learner. A learner of the source's architecture is the source's network with fresh
    /// weights.
    void addJobs(const std::string& set, const torch::Tensor& images, const torch::Tensor& labels)
    {
        for (const std::string& learner : m_params.learners) {
            const models::ModelCard& card = m_first->card();
            const Json options = learner == card.architecture ? card.options : Json::object();
            m_jobs.push_back({set, learner, options, images, labels});
            m_results.push_back({.set = set,
                                 .learner = learner,
                                 .trainImages = images.size(0),
                                 .testImages = m_dataset->size(data::Split::Test)});
        }
    }

    training::TrainSpec trainSpec() const
    {
        return {.epochs = m_params.epochs,
                .learningRate = m_params.learningRate,
                .initSeed = m_context.seed() + 1,
                .orderSeed = m_context.seed() + 1};
    }

    void train()
    {
        const training::TrainSpec spec = trainSpec();
        Json key = buildKey(m_aims);
        key["what"] = "trainings";
        key["training"] = training::toJson(spec);
        key["jobs"] = Json::array();
        for (const TrainingJob& job : m_jobs)
            key["jobs"].push_back(
                {job.set, job.learner, job.options, tensorDigest(job.images), tensorDigest(job.labels)});
        const TestSet test{m_dataset->pixels(data::Split::Test), m_dataset->labels(data::Split::Test)};
        const engine::TensorMap map = cached(key, [&] {
            const auto curves = trainAll(m_context, m_jobs, spec, m_first->card(), test,
                                         [this](const std::vector<TrainingCurve>& now) { show(now); });
            engine::TensorMap tensors;
            for (std::size_t i = 0; i < curves.size(); ++i) {
                const std::string name = std::to_string(i);
                tensors["test." + name] = torch::tensor(curves[i].testAccuracy, torch::kFloat64);
                tensors["train." + name] = torch::tensor(curves[i].trainAccuracy, torch::kFloat64);
                tensors["correct." + name] = torch::tensor({curves[i].correct}, torch::kInt64);
            }
            return tensors;
        });
        std::vector<TrainingCurve> curves;
        for (std::size_t i = 0; i < m_jobs.size(); ++i) {
            const std::string name = std::to_string(i);
            curves.push_back({doubles(map.at("test." + name)), doubles(map.at("train." + name)),
                              map.at("correct." + name).item<std::int64_t>(), true});
        }
        show(curves);
    }

    static std::vector<double> doubles(const torch::Tensor& tensor)
    {
        const torch::Tensor flat = tensor.cpu().contiguous();
        return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
    }

    void show(const std::vector<TrainingCurve>& curves)
    {
        bool anyFinished = false;
        for (std::size_t i = 0; i < curves.size(); ++i) {
            m_results[i].curve = curves[i];
            anyFinished |= curves[i].finished;
        }
        for (const std::string& learner : m_params.learners)
            m_context.figure(curvesFigure(m_results, learner, m_names));
        if (!anyFinished)
            return;
        m_context.figure(accuraciesFigure(m_results, m_names));
        m_context.table(accuraciesTable(m_results, m_names));
    }

    engine::RunContext& m_context;
    NonRobustParams m_params;
    std::shared_ptr<const data::Dataset> m_dataset;
    std::shared_ptr<const models::Model> m_first;
    std::shared_ptr<const models::Model> m_second;
    PairNames m_names;
    torch::Tensor m_ids;   ///< int64 [N], indices into the training split, on the CPU
    torch::Tensor m_clean; ///< uint8 [N,C,H,W] on the CPU
    torch::Tensor m_x;     ///< float32 [N,C,H,W] on the device
    torch::Tensor m_y;     ///< int64 [N] on the CPU
    AimPair m_aims;
    std::vector<TrainingJob> m_jobs;
    std::vector<TrainingResult> m_results; ///< one per job
};

class NonRobustStudy final : public engine::StudyOf<NonRobustParams>
{
public:
    engine::StudyInfo info() const override
    {
        return {
            .id = "transfer.non-robust-features",
            .title = "Non-robust features of two classes",
            .question = "Does one adversarial image carry usable features of two classes at once?",
            .summary =
                "Alters training images so that one model takes them for a class t1 and another model for a "
                "class t2, relabels them so, and trains fresh networks on either labelling. If these "
                "classify "
                "clean test images better than chance, the alterations were features of both classes: what "
                "makes different models make different mistakes.",
            .reference =
                "F. Waseda, S. Nishikawa, T.-N. Le, H. H. Nguyen, I. Echizen: Closer Look at the "
                "Transferability of Adversarial Examples, WACV 2023; after A. Ilyas et al.: Adversarial "
                "Examples Are Not Bugs, They Are Features, NeurIPS 2019",
            .keywords = {"adversarial", "non-robust features", "relabelled", "different mistake", "control"},
            .outputs =
                {"tables/accuracies.csv: set, meaning, learner, train_images, test_images, accuracy, "
                 "accuracy_low, accuracy_high, train_accuracy, chance",
                 "tables/construction.csv: aim, images, reached, fraction, fraction_low, fraction_high",
                 "metrics accuracy.SET.LEARNER with SET one of d1, d2, permuted, noise, same_mistake; yield, "
                 "reached.first, reached.second"},
            .version = "1",
        };
    }

protected:
    void runWith(engine::RunContext& ctx, const NonRobustParams& params) override
    {
        NonRobustRun(ctx, params).execute();
    }
};

} // namespace

std::unique_ptr<engine::Study> makeNonRobustStudy()
{
    return std::make_unique<NonRobustStudy>();
}

} // namespace assay::transfer
