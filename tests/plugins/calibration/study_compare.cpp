#include "plugins/calibration/compare_params.h"
#include "plugins/calibration/compare_study.h"
#include "tests/plugins/calibration/compared_rows.h"
#include "tests/plugins/transfer/cli_run.h"
#include "tests/plugins/transfer/recording_context.h"

#include <QTemporaryDir>

#include <cmath>

using assay::test::CliRun;
using assay::test::CsvRow;
using assay::test::isClean;
using assay::test::isShifted;
using assay::test::meanOf;
using assay::test::number;
using assay::test::RowFilter;

/// Calibrators under shift, through the command line.
class StudyCompare : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    std::vector<CsvRow> m_compare;

    CliRun run(const QString& study, const QString& name, const QStringList& settings)
    {
        return {m_folder.filePath("workspace"), m_folder.filePath(name), study, settings};
    }
    double mean(const std::string& method, const std::string& column, RowFilter counts) const
    {
        return meanOf(m_compare, method, column, counts);
    }

private Q_SLOTS:
    void initTestCase()
    {
        const CliRun compare = run("calibration.compare", "compare",
                                   {"models=fashion-cnn-early", "count=1200", "splits=2", "severities=2,4",
                                    "resamples=60", "view_model=fashion-cnn-early",
                                    "calibrators=temperature,histogram", "shifts=gaussian_noise,contrast"});
        QVERIFY2(compare.status() == 0, compare.error().constData());
        m_compare = compare.table("compare");
    }

    void everyCombinationIsThere()
    {
        QCOMPARE(m_compare.size(), std::size_t(3 * (1 + 2 * 2) * 2));
        for (const CsvRow& row : m_compare)
            QCOMPARE(number(row, "n"), 600.0);
    }

    void shiftsCostAccuracyAndCalibration()
    {
        QVERIFY(mean("none", "accuracy", isShifted) < mean("none", "accuracy", isClean) - 0.05);
        QVERIFY(mean("none", "ece", isShifted) > mean("none", "ece", isClean));
    }

    void aTemperatureHelpsCleanAndShifted()
    {
        for (const auto& where : {isClean, isShifted})
            for (const char* column : {"ece", "nll"})
                QVERIFY(mean("temperature", column, where) < mean("none", column, where));
    }

    void previewsShowTheRunsNumbers()
    {
        using namespace assay;
        test::RecordingContext compared(m_folder.filePath("compare").toStdString());
        confidence::CompareParams params;
        params.comparison.viewMetric = "accuracy";
        params.comparison.viewShift = "contrast";
        confidence::makeCompareStudy()->preview(compared, protocol::writeParams(params));
        const protocol::Figure& severity = compared.figureOf("severity");
        QCOMPARE(severity.layers.size(), std::size_t(3));
        QCOMPARE(severity.layers[0].x, (std::vector<double>{0, 2, 4}));
        const double accuracy = mean("none", "accuracy", [](const CsvRow& row) {
            return row.at("shift") == "contrast" && number(row, "severity") == 4;
        });
        QVERIFY(std::abs(severity.layers[0].y[2] - 100 * accuracy) < 1e-9);
        QCOMPARE(compared.figureOf("changes").layers[0].z.size(), std::size_t(2 * 5));
    }

    /// Predictions only are judged on what they hold.
    void aFileOfLogitsIsComparedWithoutShifts()
    {
        QFile csv(m_folder.filePath("logits.csv"));
        QVERIFY(csv.open(QIODevice::WriteOnly));
        csv.write("logit_a,logit_b,label\n");
        for (int i = 0; i < 2000; ++i) // right in three of four, and sure of 95 %
            csv.write(i % 2 ? (i % 8 < 6 ? "3.0,0.0,0\n" : "3.0,0.0,1\n")
                            : (i % 8 < 6 ? "0.0,3.0,1\n" : "0.0,3.0,0\n"));
        csv.close();
        const CliRun done =
            run("calibration.compare", "logits",
                {"models=" + m_folder.filePath("logits.csv"), "calibrators=temperature", "splits=1"});
        QVERIFY2(done.status() == 0, done.error().constData());
        const std::vector<CsvRow> rows = done.table("compare");
        QCOMPARE(rows.size(), std::size_t(2));
        QVERIFY(number(rows[0], "ece") > 0.15);
        QVERIFY(number(rows[1], "ece") < 0.06);
    }

    void aShiftOfColourIsRefusedForGreyImages()
    {
        const CliRun refused = run("calibration.compare", "colour",
                                   {"models=fashion-mlp", "count=40", "shifts=saturate", "splits=1"});
        QCOMPARE(refused.status(), 1);
        QVERIFY2(refused.error().contains("saturate"), refused.error().constData());
    }
};

QTEST_GUILESS_MAIN(StudyCompare)
#include "study_compare.moc"
