#include "backend/attacks/registry.h"
#include "backend/models/predict.h"
#include "linear_model.h"
#include "tests/counting_device/counting_device.h"

#include <QTest>
#include <torch/types.h>

#include <stdexcept>

using namespace assay;
using namespace assay::attacks;
using namespace assay::test;

namespace {

constexpr std::int64_t kImages = 12;
constexpr std::uint64_t kMostSeeds = 300;
constexpr int kFew = 5;
constexpr int kMany = 20;

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

/// Of a network that tells some of the images apart, and noise with them: HopSkipJump begins at noise.
std::uint64_t seedOfVariedAnswers()
{
    for (std::uint64_t seed = 6; seed < kMostSeeds; ++seed) {
        const auto model = seededModel("small_cnn", seed);
        const torch::Tensor classes = models::predict(*model, someImages(kImages));
        if (classes.ne(classes[0]).any().item<bool>())
            return seed;
    }
    throw std::runtime_error("no seed gives a network of varied answers");
}

} // namespace

/// Every attack of the registry on a device that is not the CPU: the same results, and nothing that crosses
/// to the host and back in every step.
class TestSecondDevice : public QObject
{
    Q_OBJECT

    static void attacksAndNorms()
    {
        QTest::addColumn<QString>("id");
        QTest::addColumn<int>("norm");
        for (const AttackInfo& info : attacks::attacks().list())
            for (const Norm norm : info.norms)
                QTest::addRow("%s %s", info.id.c_str(), normName(norm))
                    << QString::fromStdString(info.id) << int(norm);
    }

    static std::unique_ptr<const Attack> made(const QString& id, int steps)
    {
        // AutoAttack's steps are its own.
        Json parameters = Json::object();
        if (id == "autoattack")
            parameters = {{"steps", steps}, {"queries", 10 * steps}, {"target_classes", 2}};
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

    /// Whose samples leave when they are done, whatever the caller says: one small flag a step tells.
    static bool leavesByItself(const QString& id)
    {
        return QStringList{"cw-l2", "deepfool", "square", "hop-skip-jump", "autoattack"}.contains(id);
    }

private:
    const std::uint64_t m_seed = seedOfVariedAnswers();
    const std::shared_ptr<const models::Model> m_here = seededModel("small_cnn", m_seed);
    const std::shared_ptr<const models::Model> m_there =
        seededModel("small_cnn", m_seed, 12, countingDevice());
    const torch::Tensor m_x = someImages(kImages);
    const torch::Tensor m_y = models::predict(*m_here, m_x);
    const torch::Tensor m_xThere = m_x.to(countingDevice());
    const torch::Tensor m_yThere = m_y.to(countingDevice());

private Q_SLOTS:
    void givesTheCpusResult_data() { attacksAndNorms(); }
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

    void crossesAsOftenWhateverTheSteps_data() { attacksAndNorms(); }
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
            // Square's pattern in L2 is sent when its side changes, which its schedule does nine times at
            // most.
            const bool bumps = (id == "square" || id == "autoattack") && Norm(norm) == Norm::L2;
            QVERIFY(bumps ? more.toDevice <= 9 : more.toDevice == 0);
            const std::int64_t flags = more.scalars + more.sizes;
            if (!stops && !leavesByItself(id)) {
                QCOMPARE(flags, 0);
                continue;
            }
            // And who leaves is looked up. HopSkipJump's searches also end by a flag without a question.
            const std::int64_t lookUps = 3 * kImages;
            const std::int64_t most = (id == "hop-skip-jump" ? 2 : 1) * steps + lookUps;
            QVERIFY2(flags <= most, qPrintable(QString("%1 flags in %2 steps").arg(flags).arg(steps)));
        }
    }
};

QTEST_GUILESS_MAIN(TestSecondDevice)
#include "tst_second_device.moc"
