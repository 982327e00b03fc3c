#include "plugins/calibration/shift_params.h"
#include "plugins/calibration/shift_study.h"
#include "tests/plugins/transfer/cli_run.h"
#include "tests/plugins/transfer/recording_context.h"

#include <QTemporaryDir>

#include <cmath>

using assay::test::CliRun;
using assay::test::CsvRow;
using assay::test::number;

/// Confidence and accuracy under shift, through the command line.
class StudyShift : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    std::vector<CsvRow> m_rows;
    std::map<std::string, double> m_metrics;

private Q_SLOTS:
    void initTestCase()
    {
        const CliRun done(
            m_folder.filePath("workspace"), m_folder.filePath("run"), "calibration.shift",
            {"model=fashion-cnn-early", "count=1200", "shifts=gaussian_noise,contrast", "severities=2,4"});
        QVERIFY2(done.status() == 0, done.error().constData());
        m_rows = done.table("severities");
        m_metrics = done.metrics();
        for (const CsvRow& row : m_rows)
            qInfo("%s %s: accuracy %s, confidence %s -> %s, ECE %s -> %s", row.at("shift").c_str(),
                  row.at("severity").c_str(), row.at("accuracy").c_str(), row.at("confidence").c_str(),
                  row.at("calibrated_confidence").c_str(), row.at("ece").c_str(),
                  row.at("calibrated_ece").c_str());
    }

    void confidenceAndAccuracyComeApart()
    {
        QCOMPARE(m_rows.size(), std::size_t(1 + 2 * 2));
        QCOMPARE(m_rows[0].at("shift"), "clean");
        const auto gap = [this](std::size_t row) {
            return number(m_rows[row], "confidence") - number(m_rows[row], "accuracy");
        };
        QCOMPARE(m_rows[4].at("shift"), "contrast");
        QVERIFY(number(m_rows[2], "accuracy") < number(m_rows[0], "accuracy"));
        QVERIFY(number(m_rows[4], "accuracy") < number(m_rows[3], "accuracy"));
        QVERIFY(gap(3) > gap(0) + 0.02);
        QVERIFY(gap(4) > gap(3) + 0.02);
    }

    void theTemperatureHelpsButDoesNotHold()
    {
        QVERIFY(m_metrics.at("temperature") > 1);
        for (const CsvRow& row : m_rows)
            QVERIFY(number(row, "calibrated_confidence") < number(row, "confidence"));
        QVERIFY(m_metrics.at("calibrated_ece_clean") < m_metrics.at("ece_clean"));
        QVERIFY(m_metrics.at("calibrated_ece_worst") < m_metrics.at("ece_worst"));
        QVERIFY(m_metrics.at("calibrated_ece_worst") > m_metrics.at("calibrated_ece_clean"));
    }

    void previewsFollowTheSeverity()
    {
        using namespace assay;
        for (const double severity : {0.0, 1.8, 5.0}) {
            confidence::ShiftParams params;
            params.viewShift = "contrast";
            params.viewSeverity = severity;
            test::RecordingContext context(m_folder.filePath("run").toStdString());
            confidence::makeShiftStudy()->preview(context, protocol::writeParams(params));
            const protocol::Figure& curves = context.figureOf("confidence-and-accuracy");
            QCOMPARE(curves.layers[0].x, (std::vector<double>{0, 2, 4}));
            QCOMPARE(curves.layers[0].y[2] / 100, number(m_rows[4], "accuracy"));
            const std::string shown = severity == 0 ? "clean" : severity < 3 ? "Contrast 2" : "Contrast 4";
            QVERIFY2(context.figureOf("reliability-after").title.starts_with(shown),
                     context.figureOf("reliability-after").title.c_str());
            QCOMPARE(context.grids.size(), std::size_t(1));
            QCOMPARE(context.grids[0].title, shown);
            QCOMPARE(context.grids[0].count(), std::size_t(600));
        }
    }
};

QTEST_GUILESS_MAIN(StudyShift)
#include "study_shift.moc"
