#include "backend/attacks/registry.h"
#include "backend/models/predict.h"
#include "linear_model.h"

#include <QTest>
#include <torch/types.h>

#include <mutex>

using namespace assay;
using namespace assay::attacks;
using namespace assay::test;

namespace {

constexpr std::int64_t kGroupedImages = 230; // more than one group, the last one short
constexpr int kMostSteps = 12;
constexpr Budget kSlowBudget{.eps = 0.06, .steps = kMostSteps, .stepSize = 0.005};

} // namespace

class TestStopWhenFooled : public QObject
{
    Q_OBJECT

    const std::shared_ptr<const models::Model> m_model = seededModel("small_cnn", 8);
    const torch::Tensor m_x = someImages(kGroupedImages);
    const torch::Tensor m_y = models::predict(*m_model, m_x);

private Q_SLOTS:
    void endsAtTheFirstSuccess_data()
    {
        QTest::addColumn<QString>("id");
        for (const char* id : {"pgd", "mi-fgsm", "si-ni-fgsm", "vmi-fgsm", "dim"})
            QTest::newRow(id) << id;
    }

    /// Every sample ends where the whole path first fools the model, and at the path's end if it never does.
    void endsAtTheFirstSuccess()
    {
        QFETCH(QString, id);
        const auto attack = attacks::attacks().make(
            id.toStdString(), id == "vmi-fgsm" ? Json{{"vt_neighbours", 3}} : Json::object());
        std::vector<torch::Tensor> path(kMostSteps + 1);
        for (torch::Tensor& images : path)
            images = torch::empty_like(m_x);
        AttackHooks hooks;
        hooks.step = [&](int step, std::int64_t first, const torch::Tensor& now) {
            path[std::size_t(step)].narrow(0, first, now.size(0)).copy_(now);
        };
        const AttackResult whole = attack->run(*m_model, m_x, m_y, kSlowBudget, {.seed = 5, .hooks = hooks});
        const AttackResult early =
            attack->run(*m_model, m_x, m_y, kSlowBudget, {.seed = 5, .stopWhenFooled = true});

        torch::Tensor expected = whole.adversarial.clone();
        torch::Tensor fooledBefore = torch::zeros({kGroupedImages}, torch::kBool);
        for (const torch::Tensor& images : path) {
            const torch::Tensor now =
                (models::predict(*m_model, images) != m_y).logical_and(fooledBefore.logical_not());
            expected = torch::where(now.view({-1, 1, 1, 1}), images, expected);
            fooledBefore = fooledBefore.logical_or(now);
        }
        const std::int64_t successes = fooledBefore.sum().item<std::int64_t>();
        QVERIFY2(successes > kGroupedImages / 10 && successes < kGroupedImages,
                 qPrintable(QString::number(successes)));
        // Batches of other sizes round otherwise, which can move a success by a step.
        const torch::Tensor close = (early.adversarial - expected).abs().flatten(1).amax(1).lt(1e-4);
        QVERIFY(close.to(torch::kFloat64).mean().item<double>() > 0.97);
        QVERIFY((early.success != fooledBefore).sum().item<std::int64_t>() <= 2);
        QVERIFY(torch::equal(early.success, models::predict(*m_model, early.adversarial) != m_y));
        QVERIFY(early.gradientImages < whole.gradientImages);
    }

    void countsWhatItComputes()
    {
        // A model that is wrong from the start: everything leaves before the first step.
        const torch::Tensor wrong = (m_y + 1).remainder(5);
        const auto attack = attacks::attacks().make("bim");
        const AttackResult none = attack->run(*m_model, m_x, wrong, kSlowBudget, {.stopWhenFooled = true});
        QVERIFY(torch::equal(none.adversarial, m_x));
        QVERIFY(none.success.all().item<bool>());
        QCOMPARE(none.gradientImages, kGroupedImages);
        QCOMPARE(none.forwardImages, kGroupedImages);
        // Nothing is ever fooled: every step is made, and each image judged at the end.
        Budget tiny = kSlowBudget;
        tiny.eps = 0;
        const AttackResult all = attack->run(*m_model, m_x, m_y, tiny, {.stopWhenFooled = true});
        QVERIFY(!all.success.any().item<bool>());
        QCOMPARE(all.gradientImages, kGroupedImages * kMostSteps);
        QCOMPARE(all.forwardImages, kGroupedImages * (kMostSteps + 1));
    }

    void progressReachesItsTotal()
    {
        std::int64_t last = 0;
        AttackHooks hooks;
        hooks.progress = [&](std::int64_t done, std::int64_t total) {
            QCOMPARE(total, kGroupedImages * kMostSteps);
            QVERIFY(done > last);
            last = done;
        };
        attacks::attacks().make("pgd")->run(*m_model, m_x, m_y, kSlowBudget,
                                            {.hooks = hooks, .stopWhenFooled = true});
        QCOMPARE(last, kGroupedImages * kMostSteps);
    }

    void restartsOnlyAdd()
    {
        Budget budget = kSlowBudget;
        budget.steps = 3;
        const auto success = [&](int restarts, bool stops) {
            const AttackResult result =
                attacks::attacks()
                    .make("pgd", {{"restarts", restarts}})
                    ->run(*m_model, m_x, m_y, budget, {.seed = 6, .stopWhenFooled = stops});
            // What is kept is what was judged.
            if (!torch::equal(result.success, models::predict(*m_model, result.adversarial) != m_y))
                return torch::Tensor();
            return result.success;
        };
        for (const bool stops : {false, true}) {
            const torch::Tensor one = success(1, stops), five = success(5, stops);
            QVERIFY(one.defined() && five.defined());
            QVERIFY(!one.logical_and(five.logical_not()).any().item<bool>());
            QVERIFY(five.sum().item<int>() > one.sum().item<int>());
        }
    }
};

QTEST_GUILESS_MAIN(TestStopWhenFooled)
#include "tst_stop_when_fooled.moc"
