#include "backend/attacks/auto_attack.h"
#include "backend/attacks/registry.h"
#include "backend/data/catalogue.h"
#include "backend/models/predict.h"
#include "backend/models/zoo.h"

#include <QElapsedTimer>
#include <QTest>
#include <torch/types.h>

using namespace assay;
using namespace assay::attacks;

namespace {

constexpr std::int64_t kCount = 50;
/// Classes tried and questions asked fewer than in the original (9 and 5000): what resists these resists
/// more.
constexpr AutoAttackOptions kShorter = {.targetClasses = 4, .queries = 1500};

} // namespace

/// The published relations between strong attacks on real images and a trained network.
class StudyAutoAttack : public QObject
{
    Q_OBJECT

private:
    std::shared_ptr<const models::Model> m_model;
    torch::Tensor m_x, m_y;

    double robustAccuracy(const torch::Tensor& adversarial) const
    {
        return (models::predict(*m_model, adversarial) == m_y).to(torch::kFloat64).mean().item<double>();
    }

    double robustAgainst(const std::string& id, const Budget& budget) const
    {
        return robustAccuracy(
            attacks::attacks().make(id)->run(*m_model, m_x, m_y, budget, {.seed = 1}).adversarial);
    }

private Q_SLOTS:
    void initTestCase()
    {
        const models::ModelLibrary zoo({ASSAY_TEST_SOURCE_DIR "/resources/zoo"});
        m_model = zoo.open("fashion-cnn", torch::kCPU);
        const auto set = data::DatasetCatalogue().open("fashion-mnist");
        m_x = set->images(data::Split::Test, torch::arange(kCount), torch::kCPU);
        m_y = set->labels(data::Split::Test).narrow(0, 0, kCount);
    }

    void autoAttackIsBelowPgd_data()
    {
        QTest::addColumn<int>("norm");
        QTest::addColumn<double>("eps");
        QTest::addRow("linf") << int(Norm::Linf) << 0.015;
        QTest::addRow("l2") << int(Norm::L2) << 0.3;
    }

    void autoAttackIsBelowPgd()
    {
        QFETCH(int, norm);
        QFETCH(double, eps);
        const Budget budget{.norm = Norm(norm), .eps = eps, .steps = 40};
        const double pgd = robustAgainst("pgd", budget);
        QElapsedTimer timer;
        timer.start();
        const AutoAttackReport report =
            AutoAttack("autoattack", kShorter).evaluate(*m_model, m_x, m_y, budget, {.seed = 1});
        qInfo("pgd-40 %.3f, clean %.3f, %.0f s", pgd, report.cleanAccuracy, double(timer.elapsed()) / 1000);
        for (const AutoAttackStage& stage : report.stages)
            qInfo("%-8s %lld attacked, %lld fooled, robust %.3f, %lld gradients, %lld questions",
                  stage.attack.c_str(), static_cast<long long>(stage.attacked),
                  static_cast<long long>(stage.fooled), stage.robustAccuracy,
                  static_cast<long long>(stage.gradientImages), static_cast<long long>(stage.questions));
        QVERIFY(pgd > 0.05 && pgd < report.cleanAccuracy - 0.1); // the comparison can fail
        QVERIFY(report.robustAccuracy <= pgd);
        QCOMPARE(robustAccuracy(report.result.adversarial), report.robustAccuracy);
    }

    /// FAB and DeepFool look for the smallest perturbation: at every radius they must not be far from APGD,
    /// which looks for any within it, and DeepFool's must not be smaller than FAB's on average.
    void smallestPerturbationsAgree()
    {
        const Budget wide{.norm = Norm::L2, .eps = 1000, .steps = 60};
        const auto median = [&](const std::string& id) {
            const AttackResult result =
                attacks::attacks().make(id)->run(*m_model, m_x, m_y, wide, {.seed = 1});
            const torch::Tensor sizes = (result.adversarial - m_x).flatten(1).norm(2, 1);
            return sizes.median().item<double>();
        };
        const double fab = median("fab");
        const double fool = median("deepfool");
        qInfo("median L2: fab %.4f, deepfool %.4f", fab, fool);
        QVERIFY(fab > 0 && fab <= fool * 1.02);
        const double robust = robustAgainst("apgd-ce", {.norm = Norm::L2, .eps = fab, .steps = 100});
        qInfo("apgd-ce at that radius: robust %.3f", robust);
        // Half of the images have an example within that radius by construction.
        QVERIFY(robust > 0.35 && robust < 0.6);
    }

    /// Label-only and score-only attacks come near the gradient's with many questions, and never below it by
    /// much.
    void queryAttacksApproachGradients()
    {
        const Budget budget{.norm = Norm::L2, .eps = 0.6, .steps = 100, .queries = 1500};
        const double gradient = robustAgainst("apgd-ce", budget);
        const double square = robustAgainst("square", budget);
        const double hop = robustAgainst("hop-skip-jump", budget);
        qInfo("L2 0.6: apgd-ce %.3f, square %.3f, hop-skip-jump %.3f", gradient, square, hop);
        const double clean = robustAccuracy(m_x);
        QVERIFY(square >= gradient - 0.02 && square < clean - 0.1);
        QVERIFY(hop >= gradient - 0.02 && hop < clean - 0.1);
    }
};

QTEST_GUILESS_MAIN(StudyAutoAttack)
#include "study_auto_attack.moc"
