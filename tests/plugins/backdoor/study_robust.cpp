#include "backend/poisoning/poison.h"
#include "plugins/backdoor/robust_study.h"
#include "tests/support/bench_context.h"
#include "tests/support/column_of.h"

#include <QTest>

#include <cmath>

using namespace assay;
using test::BenchContext;

namespace {

/// One row of a table as a reader sees it.
double robustCell(const BenchContext& context, const std::string& table, const std::string& column,
                  std::size_t row)
{
    return test::column(context.tables.at(table), column).numbers.at(row);
}

std::size_t robustRow(const BenchContext& context, const std::string& student, double strength)
{
    const auto& names = test::column(context.tables.at("students"), "student").texts;
    for (std::size_t row = 0; row < names.size(); ++row) {
        const double at = robustCell(context, "students", "strength", row);
        if (names[row] == student && (at == strength || std::isnan(strength)))
            return row;
    }
    throw std::runtime_error("no row of " + student);
}

} // namespace

/// The specification's promises on a small scale: a patch on Fashion-MNIST.
class StudyRobust : public QObject
{
    Q_OBJECT

    const std::unique_ptr<engine::Study> m_study = backdoor::makeRobustStudy();
    BenchContext m_context;
    const Json m_params = {
        {"architecture", "mlp"},       {"train_images", 3000}, {"epochs", 8}, {"count", 1000},
        {"clean_images", 2000},        {"code_epochs", 6},     {"code", 64},  {"strength", 0.5},
        {"strengths", {0.1, 0.3, 0.5}}};

private Q_SLOTS:
    void initTestCase() { m_study->run(m_context, m_params); }

    void theTeacherHasTheBackdoor() { QVERIFY(m_context.metrics.at("asr.teacher") >= 0.95); }

    void theStudentHasNot()
    {
        QVERIFY2(m_context.metrics.at("asr.student") <= 0.25,
                 qPrintable(QString::number(m_context.metrics.at("asr.student"))));
        QVERIFY2(m_context.metrics.at("accuracy.student") >= m_context.metrics.at("accuracy.teacher") - 0.08,
                 qPrintable(QString::number(m_context.metrics.at("accuracy.student"))));
    }

    void distillationOnTheOriginalsKeepsIt() { QVERIFY(m_context.metrics.at("asr.originals") >= 0.8); }

    void moreStrengthLeavesLess()
    {
        for (std::size_t row = 1; row < 3; ++row) {
            const double weaker = robustCell(m_context, "survival", "survival", row - 1);
            QVERIFY(robustCell(m_context, "survival", "survival", row) < weaker);
        }
        const auto asr = [&](double strength) {
            return robustCell(m_context, "students", "asr", robustRow(m_context, "student", strength));
        };
        QVERIFY(asr(0.5) < asr(0.3) / 2);
        QVERIFY(asr(0.1) > 0.9);
    }

    void contradictionsFindThePoisons()
    {
        QVERIFY(m_context.metrics.at("auroc.conflict") > 0.9);
        double poisoned = 0;
        for (std::size_t row = 0; row < 100; ++row)
            poisoned += robustCell(m_context, "suspects", "poisoned", row);
        QVERIFY2(poisoned >= 80, qPrintable(QString::number(poisoned)));
    }

    void previewAnswersTheSlider()
    {
        const auto meter = [&](double strength) {
            Json params = m_params;
            params["strength"] = strength;
            m_study->preview(m_context, params);
            return m_context.figures.at("meter").layers.front().y.front();
        };
        const double none = meter(0);
        QVERIFY(none >= 90);
        const auto untouched = m_context.grids.at("moved").pixels;
        const double strong = meter(0.6);
        QVERIFY(strong <= 25);
        QVERIFY(m_context.grids.at("moved").pixels != untouched);
        QCOMPARE(m_context.scenes.back().pictures.size(), std::size_t(2));
        QVERIFY(!m_context.scenes.back().bars.empty());
    }

    void modelsAreKept()
    {
        const auto teacher = m_context.model({"teacher"}), student = m_context.model({"student"});
        QVERIFY(poisoning::plantedIn(teacher->card().recipe, "card").has_value());
        QVERIFY(student->hasNetwork());
    }
};

QTEST_GUILESS_MAIN(StudyRobust)
#include "study_robust.moc"
