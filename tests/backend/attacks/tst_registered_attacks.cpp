#include "backend/attacks/registry.h"
#include "backend/models/parallel.h"
#include "backend/models/predict.h"
#include "backend/protocol/error.h"
#include "linear_model.h"
#include "tests/backend/attacks/registered_rows.h"

#include <QTest>
#include <torch/types.h>

using namespace assay;
using namespace assay::attacks;
using namespace assay::test;

namespace {

/// Few, since every attack of the product is run some ten times.
constexpr std::int64_t kImages = 20;

double radius(const torch::Tensor& a, const torch::Tensor& b, Norm norm)
{
    const torch::Tensor delta = (a - b).flatten(1).to(torch::kFloat64).abs();
    if (norm == Norm::Linf)
        return delta.amax(1).max().item<double>();
    return (norm == Norm::L2 ? delta.norm(2, 1) : delta.sum(1)).max().item<double>();
}

Budget smallBudget(Norm norm)
{
    const double eps = norm == Norm::Linf ? 0.08 : norm == Norm::L2 ? 0.6 : 4;
    return {.norm = norm, .eps = eps, .steps = 5, .queries = 60};
}

double targetLoss(const models::Model& model, const torch::Tensor& x, const torch::Tensor& target)
{
    return at::cross_entropy_loss(models::logitsChunked(model, x), target, {}, at::Reduction::Mean)
        .item<double>();
}

} // namespace

/// What holds for every attack of the registry, whoever wrote it.
class TestRegisteredAttacks : public QObject
{
    Q_OBJECT

    static std::unique_ptr<const Attack> made(const QString& id)
    {
        // AutoAttack's steps and questions are its own, and thousands: what holds for few holds for them.
        Json few = Json::object();
        if (id == "autoattack")
            few = {{"steps", 10}, {"queries", 100}, {"target_classes", 2}};
        // With a hundred probes the first estimate alone would take more than the budget.
        if (id == "hop-skip-jump")
            few = {{"first_evaluations", 5}};
        return attacks::attacks().make(id.toStdString(), few);
    }

private:
    const std::shared_ptr<const models::Model> m_model =
        seededModel("small_cnn", seedOfVariedAnswers(kImages));
    const torch::Tensor m_x = someImages(kImages);
    const torch::Tensor m_y = models::predict(*m_model, m_x);

private Q_SLOTS:
    void cleanup() { models::setWorkerThreads(0); }

    void staysInTheBallAndTheBox_data() { test::attacksAndNorms(); }
    void staysInTheBallAndTheBox()
    {
        QFETCH(QString, id);
        QFETCH(int, norm);
        const Budget budget = smallBudget(Norm(norm));
        for (const bool stops : {false, true}) {
            const AttackResult result =
                made(id)->run(*m_model, m_x, m_y, budget, {.seed = 2, .stopWhenFooled = stops});
            QCOMPARE(result.adversarial.sizes(), m_x.sizes());
            QVERIFY(result.adversarial.min().item<float>() >= 0);
            QVERIFY(result.adversarial.max().item<float>() <= 1);
            // Sums of rounded pixels: 1e-6 of the radius as well.
            QVERIFY(radius(result.adversarial, m_x, budget.norm) <= budget.eps * (1 + 1e-6) + 1e-6);
            QCOMPARE(result.success.sizes(), m_y.sizes());
            QVERIFY(torch::equal(result.success, models::predict(*m_model, result.adversarial) != m_y));
            QVERIFY(result.forwardImages > 0);
        }
        QVERIFY(torch::equal(m_x, someImages(kImages))); // the input is left alone
    }

    /// In a radius that is ample every attack fools some images, moves them, and HopSkipJump gets beyond the
    /// search for its start: otherwise the other tests here would hold for an attack that does nothing.
    void doesSomething_data() { test::attacksAndNorms(); }
    void doesSomething()
    {
        QFETCH(QString, id);
        QFETCH(int, norm);
        Budget budget = smallBudget(Norm(norm));
        budget.eps *= 5;
        budget.queries = 200;
        const AttackResult result = made(id)->run(*m_model, m_x, m_y, budget, {.seed = 2});
        QVERIFY(result.success.any().item<bool>());
        const torch::Tensor fooled = result.success.nonzero().squeeze(1);
        const torch::Tensor moved =
            (result.adversarial - m_x).abs().flatten(1).amax(1).index_select(0, fooled);
        QVERIFY(moved.gt(0).all().item<bool>());
        if (id != "hop-skip-jump")
            return;
        const auto starting = attacks::attacks().make("hop-skip-jump", {{"first_evaluations", 1000}});
        const AttackResult start = starting->run(*m_model, m_x, m_y, budget, {.seed = 2}); // no estimate fits
        const torch::Tensor both = result.success.logical_and(start.success).nonzero().squeeze(1);
        QVERIFY(both.size(0) > 0);
        const auto sizes = [&](const AttackResult& of) {
            const torch::Tensor delta = (of.adversarial - m_x).flatten(1).index_select(0, both);
            return (Norm(norm) == Norm::Linf ? delta.abs().amax(1) : delta.norm(2, 1)).mean().item<double>();
        };
        QVERIFY2(sizes(result) < 0.9 * sizes(start),
                 qPrintable(QString("%1 after %2").arg(sizes(result)).arg(sizes(start))));
    }

    void noRadiusNoChange_data() { test::attacksAndNorms(); }
    void noRadiusNoChange()
    {
        QFETCH(QString, id);
        QFETCH(int, norm);
        Budget budget = smallBudget(Norm(norm));
        budget.eps = 0;
        QVERIFY(torch::equal(made(id)->run(*m_model, m_x, m_y, budget, {.seed = 2}).adversarial, m_x));
    }

    void noImages_data() { test::attacksAndNorms(); }
    void noImages()
    {
        QFETCH(QString, id);
        QFETCH(int, norm);
        const AttackResult result =
            made(id)->run(*m_model, someImages(0), someLabels(0, 5), smallBudget(Norm(norm)), {});
        QCOMPARE(result.adversarial.size(0), 0);
        QCOMPARE(result.success.size(0), 0);
    }

    void sameForAnySeedThreadsAndParts_data() { test::attacksAndNorms(); }
    void sameForAnySeedThreadsAndParts()
    {
        QFETCH(QString, id);
        QFETCH(int, norm);
        const auto attack = made(id);
        const Budget budget = smallBudget(Norm(norm));
        models::setWorkerThreads(1);
        const torch::Tensor one = attack->run(*m_model, m_x, m_y, budget, {.seed = 3}).adversarial;
        models::setWorkerThreads(3);
        QVERIFY(torch::equal(attack->run(*m_model, m_x, m_y, budget, {.seed = 3}).adversarial, one));
        // In parts, each sample with its own number. Kernels that a library picks by batch size round
        // otherwise, and where a gradient is all but zero its sign may then differ: nearly all pixels agree.
        const torch::Tensor numbers = torch::arange(kImages);
        for (const auto& [first, n] : {std::pair<int, int>{0, 7}, {7, 1}, {12, 8}}) {
            const Context context{.seed = 3, .samples = numbers.narrow(0, first, n)};
            const torch::Tensor part =
                attack->run(*m_model, m_x.narrow(0, first, n), m_y.narrow(0, first, n), budget, context)
                    .adversarial;
            const torch::Tensor same = (part - one.narrow(0, first, n)).abs().lt(1e-4);
            QVERIFY(same.to(torch::kFloat64).mean().item<double>() > 0.995);
        }
    }

    void targetedLowersTheTargetLoss_data() { test::attacksAndNorms(); }
    void targetedLowersTheTargetLoss()
    {
        QFETCH(QString, id);
        QFETCH(int, norm);
        if (!attacks::attacks().info(id.toStdString()).targeted)
            return;
        const torch::Tensor target = (m_y + 1).remainder(5);
        const AttackResult result =
            made(id)->run(*m_model, m_x, m_y, smallBudget(Norm(norm)), {.seed = 4, .target = target});
        QVERIFY(targetLoss(*m_model, result.adversarial, target) < targetLoss(*m_model, m_x, target));
        QVERIFY(torch::equal(result.success, models::predict(*m_model, result.adversarial) == target));
    }

    void describesItself()
    {
        for (const AttackInfo& info : attacks::attacks().list()) {
            QVERIFY2(!info.title.empty() && !info.summary.empty() && !info.reference.empty(),
                     info.id.c_str());
            QVERIFY2(!info.norms.empty(), info.id.c_str());
            for (const protocol::Field& field : info.parameters.fields)
                QVERIFY2(!field.help.empty(), (info.id + " " + field.name).c_str());
        }
        const auto fields = [](const char* id) {
            std::vector<std::string> names;
            for (const protocol::Field& field : attacks::attacks().info(id).parameters.fields)
                names.push_back(field.name);
            return names;
        };
        QCOMPARE(fields("fgsm"), (std::vector<std::string>{"loss", "l1_fraction"}));
        QCOMPARE(fields("dim"), (std::vector<std::string>{"loss", "momentum", "di_rate", "di_probability"}));
    }

    void takesAttacksAtRunTime()
    {
        AttackRegistry registry;
        const auto nothing = [](const Json&) { return std::unique_ptr<const Attack>(); };
        registry.add({{.id = "mine", .title = "Mine"}, nothing});
        QCOMPARE(registry.list().size(), 1u);
        QCOMPARE(registry.info("mine").title, std::string("Mine"));
        const auto sentence = [](auto call) {
            try {
                call();
            } catch (const Error& error) {
                return QString::fromStdString(error.what());
            }
            return QString();
        };
        QCOMPARE(sentence([&] {
                     registry.add({{.id = "mine"}, nothing});
                 }),
                 "there is an attack 'mine' already. Choose another name.");
        QCOMPARE(sentence([&] {
                     registry.add({{.id = "My attack"}, nothing});
                 }),
                 "'My attack' is no name for an attack. Use lower-case letters, digits, '-', '.' and '_'.");
        QCOMPARE(sentence([&] { registry.make("yours"); }),
                 "there is no attack 'yours'. Known attacks: mine.");
        QVERIFY(sentence([&] { attacks::attacks().make("pgd", {{"restarts", 0}}); }).contains("restarts"));
        QVERIFY(registry.remove("mine"));
        QVERIFY(!registry.remove("mine"));
    }
};

QTEST_GUILESS_MAIN(TestRegisteredAttacks)
#include "tst_registered_attacks.moc"
