#include "backend/attacks/boundary.h"
#include "backend/attacks/mask_search.h"
#include "backend/attacks/pair_attack.h"
#include "backend/attacks/registry.h"
#include "backend/attacks/scripted/script_attack.h"
#include "backend/models/predict.h"
#include "linear_model.h"
#include "tests/backend/attacks/registered_rows.h"
#include "tests/counting_device/counting_device.h"

#include <QTemporaryDir>
#include <QTest>
#include <torch/script.h>
#include <torch/types.h>

using namespace assay;
using namespace assay::attacks;
using namespace assay::test;

namespace {

constexpr std::int64_t kDeviceImages = 12;
/// More than any attack here makes of one image, restarts times classes.
constexpr std::int64_t kTries = 20;
constexpr int kFew = 3;
constexpr int kMany = 9;

/// Results on the device may differ where a gradient is all but zero and its sign is noise.
bool nearlyEqual(const torch::Tensor& a, const torch::Tensor& b)
{
    return (a - b).abs().lt(1e-4).to(torch::kFloat64).mean().item<double>() > 0.995;
}

Budget budgetOf(Norm norm, int steps)
{
    // So small that hardly anybody is fooled: every step is made, and what leaves cannot hide a transfer.
    const double eps = norm == Norm::Linf ? 0.01 : norm == Norm::L2 ? 0.08 : 0.5;
    return {.norm = norm, .eps = eps, .steps = steps, .queries = 10 * steps};
}

Recipe momentumRecipe()
{
    Recipe recipe;
    recipe.name = "momentum";
    recipe.rule = std::make_shared<SteepestStep>(1.0);
    recipe.stepLength = StepLength::Even;
    return recipe;
}

/// What crosses while @p call runs.
template <class Call>
Transfers crossed(Call call)
{
    const Transfers before = transfers();
    call();
    return transfers() - before;
}

} // namespace

/// Every attack of the registry on a device that is not the CPU: the same results, and nothing that crosses
/// to the host and back in every step.
class TestSecondDevice : public QObject
{
    Q_OBJECT

    static std::unique_ptr<const Attack> made(const QString& id, int steps)
    {
        // AutoAttack's steps are its own.
        Json parameters = Json::object();
        if (id == "autoattack")
            parameters = {{"steps", steps}, {"queries", 10 * steps}, {"target_classes", 2}};
        // Else the first estimate alone would take more than the budget.
        if (id == "hop-skip-jump")
            parameters = {{"first_evaluations", 5}};
        return attacks::attacks().make(id.toStdString(), parameters);
    }

    struct Cost
    {
        Transfers crossed;
        std::int64_t steps = 0; ///< checkpoints passed: one a step of a try, or a question of all samples
    };

    Cost cost(const QString& id, Norm norm, int steps, bool stops) const
    {
        const auto attack = made(id, steps);
        Cost result;
        Context context{.seed = 2, .stopWhenFooled = stops};
        context.hooks.checkpoint = [&] { ++result.steps; };
        const Transfers before = transfers();
        attack->run(*m_there, m_xThere, m_yThere, budgetOf(norm, steps), context);
        result.crossed = transfers() - before;
        return result;
    }

    /// Whose samples leave when they are done, whatever the caller says.
    static bool leavesByItself(const QString& id)
    {
        return QStringList{"cw-l2", "deepfool", "square", "hop-skip-jump", "autoattack"}.contains(id);
    }

private:
    const std::uint64_t m_seed = seedOfVariedAnswers(kDeviceImages);
    const std::shared_ptr<const models::Model> m_here = seededModel("small_cnn", m_seed);
    const std::shared_ptr<const models::Model> m_there =
        seededModel("small_cnn", m_seed, 12, countingDevice());
    const torch::Tensor m_x = someImages(kDeviceImages);
    const torch::Tensor m_y = models::predict(*m_here, m_x);
    const torch::Tensor m_xThere = m_x.to(countingDevice());
    const torch::Tensor m_yThere = m_y.to(countingDevice());

private Q_SLOTS:
    void givesTheCpusResult_data() { test::attacksAndNorms(); }
    void givesTheCpusResult()
    {
        QFETCH(QString, id);
        QFETCH(int, norm);
        Budget budget = budgetOf(Norm(norm), kFew);
        budget.eps *= 6; // some are fooled and some are not
        const auto attack = made(id, kFew);
        for (const bool stops : {false, true}) {
            const Context context{.seed = 2, .stopWhenFooled = stops};
            const AttackResult here = attack->run(*m_here, m_x, m_y, budget, context);
            const Transfers before = transfers();
            const AttackResult there = attack->run(*m_there, m_xThere, m_yThere, budget, context);
            QVERIFY((transfers() - before).operators > 0);
            QCOMPARE(there.adversarial.device(), countingDevice());
            QVERIFY(there.success.is_cpu());
            QVERIFY(torch::equal(there.success, here.success));
            QVERIFY(nearlyEqual(there.adversarial.cpu(), here.adversarial));
            QCOMPARE(there.forwardImages, here.forwardImages);
            QCOMPARE(there.gradientImages, here.gradientImages);
            QCOMPARE(there.queries.defined(), here.queries.defined());
            if (here.queries.defined())
                QVERIFY(there.queries.is_cpu() && torch::equal(there.queries, here.queries));
            // Images and labels of the host do as well.
            const AttackResult mixed = attack->run(*m_there, m_x, m_y, budget, context);
            QVERIFY(torch::equal(mixed.adversarial.cpu(), there.adversarial.cpu()));
        }
    }

    void crossesAsOftenWhateverTheSteps_data() { test::attacksAndNorms(); }
    void crossesAsOftenWhateverTheSteps()
    {
        QFETCH(QString, id);
        QFETCH(int, norm);
        for (const bool stops : {false, true}) {
            const Cost few = cost(id, Norm(norm), kFew, stops);
            const Cost many = cost(id, Norm(norm), kMany, stops);
            const Transfers more = many.crossed - few.crossed;
            const std::int64_t steps = many.steps - few.steps;
            QVERIFY(steps > 0 || id == "fgsm" || id == "deepfool");
            QVERIFY(few.crossed.operators > 0);
            QCOMPARE(more.toHost, 0);
            // Square's pattern in L2 and L1 is sent when its side changes, which its schedule does nine times
            // at most.
            const bool bumps = (id == "square" || id == "autoattack") && Norm(norm) != Norm::Linf;
            QVERIFY(bumps ? more.toDevice <= 9 : more.toDevice == 0);
            const std::int64_t flags = more.scalars + more.sizes;
            if (!stops && !leavesByItself(id)) {
                QCOMPARE(flags, 0);
                continue;
            }
            // One number a step: how many leave. HopSkipJump has one for who is asked and one for who leaves.
            // Tries begin with a look at who is left, and how many there are depends on who is fooled.
            const std::int64_t most = (id == "hop-skip-jump" ? 2 : 1) * steps + kTries;
            QVERIFY2(flags <= most, qPrintable(QString("%1 numbers in %2 steps").arg(flags).arg(steps)));
        }
    }

    /// A script of momentum, written here.
    void scriptedAttackCrossesAsOften()
    {
        torch::jit::Module script("Momentum");
        script.define("def step(self, x_adv, x, grad, momentum, i: int, step_size: float):\n"
                      "    g = grad / grad.abs().mean(dim=[1, 2, 3], keepdim=True)\n"
                      "    momentum = momentum + g\n"
                      "    return x_adv + step_size * momentum.sign(), momentum\n");
        const QTemporaryDir folder;
        const std::string file = folder.filePath("momentum.pt").toStdString();
        script.save(file);
        const auto attack = openScriptAttack(file).entry.make({{"loss", "ce"}});
        const auto cost = [&](int steps) {
            return crossed(
                [&] { attack->run(*m_there, m_xThere, m_yThere, budgetOf(Norm::Linf, steps), {.seed = 2}); });
        };
        QVERIFY(cost(3).operators > 0);
        QCOMPARE(cost(9).crossings(), cost(3).crossings());
        const Budget budget = budgetOf(Norm::Linf, kFew);
        const torch::Tensor here = attack->run(*m_here, m_x, m_y, budget).adversarial;
        QVERIFY(nearlyEqual(attack->run(*m_there, m_x, m_y, budget).adversarial.cpu(), here));
    }

    void pairAttackCrossesAsOften()
    {
        const auto otherHere = seededModel("mlp", 3),
                   otherThere = seededModel("mlp", 3, 12, countingDevice());
        const torch::Tensor t1 = (m_y + 1).remainder(5), t2 = (m_y + 2).remainder(5);
        const auto run = [&](const models::Model& first, const models::Model& second, int steps) {
            return runPair(first, second, m_x, t1, t2, {.eps = 0.8, .steps = steps}).adversarial;
        };
        const auto cost = [&](int steps) { return crossed([&] { run(*m_there, *otherThere, steps); }); };
        QVERIFY(cost(3).operators > 0);
        QCOMPARE(cost(9).crossings(), cost(3).crossings());
        QVERIFY(nearlyEqual(run(*m_there, *otherThere, kFew).cpu(), run(*m_here, *otherHere, kFew)));
    }

    /// Who has crossed the boundary is dropped every eighth grid step, which takes one look-up; nothing else
    /// is asked, and bisection asks nothing.
    void boundarySearchLooksUpSeldom()
    {
        const torch::Tensor direction = unitPerSample(inputGradient(*m_here, m_x, m_y));
        const auto run = [&](const models::Model& model, const BoundarySpec& spec) {
            return minDistances(model, m_x, m_y, direction, spec);
        };
        const auto cost = [&](int grid, int halvings) {
            return crossed([&] { run(*m_there, {.rMax = 6, .gridSteps = grid, .bisectSteps = halvings}); });
        };
        const Transfers few = cost(10, 3), fine = cost(50, 3), many = cost(10, 9);
        QVERIFY(few.operators > 0);
        QCOMPARE(many.crossings(), few.crossings());
        const Transfers more = fine - few;
        QCOMPARE(more.toHost + more.toDevice + more.scalars, 0);
        QVERIFY2(more.sizes <= 40 / 8, qPrintable(QString::number(more.sizes)));
        const BoundaryDistances here = run(*m_here, {.rMax = 6}), there = run(*m_there, {.rMax = 6});
        QVERIFY(here.capped.logical_not().any().item<bool>());
        QVERIFY(torch::equal(here.capped, there.capped));
        QVERIFY(torch::allclose(here.distance, there.distance, 0, 6.0 / 50 / 512));
    }

    /// Masks that lie on the device are looked up there, whatever the steps; a search sends those of each
    /// generation once and reads what they were worth.
    void masksCrossOnceAGeneration()
    {
        const Recipe recipe = momentumRecipe();
        const MaskSearchSpec spec{.patch = 3, .dropRate = 0.2, .population = 4};
        const auto judgeHere = seededModel("mlp", 3),
                   judgeThere = seededModel("mlp", 3, 12, countingDevice());
        const auto search = [&](const models::Model& source, const models::Model& judge, int steps,
                                int generations) {
            MaskSearchSpec wanted = spec;
            wanted.generations = generations;
            const Source one(source);
            const Budget budget{.eps = 0.1, .steps = steps};
            return MaskSearch(one, {&judge}, recipe, budget, wanted).run(m_x, m_y, {.seed = 2});
        };
        const auto cost = [&](int steps, int generations) {
            return crossed([&] { search(*m_there, *judgeThere, steps, generations); });
        };
        const Transfers one = cost(3, 1), many = cost(9, 1), three = cost(3, 3), five = cost(3, 5);
        QVERIFY(one.operators > 0);
        QCOMPARE(many.crossings(), one.crossings());
        QCOMPARE((five - three).crossings(), (three - one).crossings());
        QCOMPARE((three - one).toDevice, 2); // the masks of two generations

        const MaskSearchState here = search(*m_here, *judgeHere, 3, 2);
        const torch::Tensor masks = maskTensor(here.populations);
        const torch::Tensor masksThere = maskTensor(search(*m_there, *judgeThere, 3, 2).populations);
        // Two masks may be worth the same but for rounding.
        QVERIFY(masks.eq(masksThere).to(torch::kFloat64).mean().item<double>() > 0.95);
        const PatchGrid grid = patchGrid(spec.patch, 12, 12);
        const GradientAttack attackHere(masked(recipe, masks, grid, 2));
        const GradientAttack attackThere(masked(recipe, masks.to(countingDevice()), grid, 2));
        const auto attacked = [&](int steps) {
            return crossed([&] {
                attackThere.run(*m_there, m_xThere, m_yThere, {.eps = 0.1, .steps = steps}, {.seed = 2});
            });
        };
        QCOMPARE(attacked(9).crossings(), attacked(3).crossings());
        QVERIFY(nearlyEqual(
            attackThere.run(*m_there, m_x, m_y, {.eps = 0.1, .steps = 4}, {.seed = 2}).adversarial.cpu(),
            attackHere.run(*m_here, m_x, m_y, {.eps = 0.1, .steps = 4}, {.seed = 2}).adversarial));
    }
};

QTEST_GUILESS_MAIN(TestSecondDevice)
#include "tst_second_device.moc"
