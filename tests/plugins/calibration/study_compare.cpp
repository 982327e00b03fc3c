#include "plugins/calibration/compare_params.h"
#include "plugins/calibration/compare_study.h"
#include "plugins/calibration/dac_params.h"
#include "plugins/calibration/dac_study.h"
#include "tests/plugins/transfer/cli_run.h"
#include "tests/plugins/transfer/recording_context.h"

#include <QTemporaryDir>

#include <algorithm>
#include <cmath>
#include <functional>

using assay::test::CliRun;
using assay::test::CsvRow;
using assay::test::number;

/// Calibrators and density-aware calibration under shift, through the command line.
class StudyCompare : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    std::vector<CsvRow> m_compare;
    std::vector<CsvRow> m_dac;

    CliRun run(const QString& study, const QString& name, const QStringList& settings)
    {
        return {m_folder.filePath("workspace"), m_folder.filePath(name), study, settings};
    }
    /// Mean of a column over the rows of a method that @p counts.
    static double mean(const std::vector<CsvRow>& rows, const std::string& method, const std::string& column,
                       const std::function<bool(const CsvRow&)>& counts)
    {
        double sum = 0;
        int n = 0;
        for (const CsvRow& row : rows) {
            if (row.at("calibrator") != method || !counts(row))
                continue;
            sum += number(row, column);
            ++n;
        }
        if (n == 0)
            throw std::runtime_error("no rows of " + method);
        return sum / n;
    }
    static bool isClean(const CsvRow& row) { return row.at("shift") == "clean"; }
    static bool isShifted(const CsvRow& row) { return row.at("shift") != "clean"; }

private Q_SLOTS:
    void initTestCase()
    {
        const QStringList shared = {
            "models=fashion-cnn-early", "count=1200",   "splits=2",
            "severities=2,4",           "resamples=60", "view_model=fashion-cnn-early"};
        const CliRun compare =
            run("calibration.compare", "compare",
                shared + QStringList{"calibrators=temperature,histogram", "shifts=gaussian_noise,contrast"});
        QVERIFY2(compare.status() == 0, compare.error().constData());
        m_compare = compare.table("compare");
        const CliRun dac =
            run("calibration.dac", "dac",
                shared + QStringList{"shifts=gaussian_noise,contrast,brightness", "bank=2000", "k=10"});
        QVERIFY2(dac.status() == 0, dac.error().constData());
        m_dac = dac.table("dac");
        for (const std::string method : {"none", "temperature", "ensemble-temperature", "dac",
                                         "dac+temperature", "dac+ensemble-temperature"})
            qInfo("%s: ECE clean %.4f, shifted %.4f", method.c_str(), mean(m_dac, method, "ece", isClean),
                  mean(m_dac, method, "ece", isShifted));
    }

    void everyCombinationIsThere()
    {
        QCOMPARE(m_compare.size(), std::size_t(3 * (1 + 2 * 2) * 2));
        QCOMPARE(m_dac.size(), std::size_t(6 * (1 + 3 * 2) * 2));
        for (const CsvRow& row : m_compare)
            QCOMPARE(number(row, "n"), 600.0);
    }

    void shiftsCostAccuracyAndCalibration()
    {
        QVERIFY(mean(m_compare, "none", "accuracy", isShifted) <
                mean(m_compare, "none", "accuracy", isClean) - 0.05);
        QVERIFY(mean(m_compare, "none", "ece", isShifted) > mean(m_compare, "none", "ece", isClean));
    }

    void aTemperatureHelpsCleanAndShifted()
    {
        for (const auto& where : {isClean, isShifted})
            for (const char* column : {"ece", "nll"})
                QVERIFY(mean(m_compare, "temperature", column, where) <
                        mean(m_compare, "none", column, where));
    }

    /// The order of classes stays: so does every accuracy, in every row.
    void temperaturesKeepTheAccuracy()
    {
        for (const CsvRow& row : m_dac) {
            const auto raw = std::ranges::find_if(m_dac, [&](const CsvRow& other) {
                return other.at("calibrator") == "none" && other.at("shift") == row.at("shift") &&
                       other.at("severity") == row.at("severity") && other.at("seed") == row.at("seed");
            });
            QVERIFY(raw != m_dac.end());
            QCOMPARE(row.at("accuracy"), raw->at("accuracy"));
        }
    }

    /// The claim of the paper: less error under shift than the same calibrator alone, and no harm in domain.
    void densityLowersTheErrorUnderShift()
    {
        for (const std::string method : {"temperature", "ensemble-temperature"}) {
            QVERIFY(mean(m_dac, "dac+" + method, "ece", isShifted) < mean(m_dac, method, "ece", isShifted));
            QVERIFY(mean(m_dac, "dac+" + method, "ece", isClean) <
                    mean(m_dac, method, "ece", isClean) + 0.01);
        }
        const std::vector<CsvRow> layers = CliRun::tableIn(m_folder.filePath("dac"), "layers");
        QVERIFY(std::ranges::any_of(layers, [](const CsvRow& row) {
            return row.at("layer") != "logits" && number(row, "weight") > 0;
        }));
    }

    void temperaturesRiseWithTheShift()
    {
        std::map<std::string, double> medians;
        for (const CsvRow& row : CliRun::tableIn(m_folder.filePath("dac"), "temperatures"))
            medians[row.at("group")] = number(row, "median");
        QCOMPARE(medians.size(), std::size_t(5));
        QVERIFY(medians.at("clean, wrong") > medians.at("clean, right"));
        QVERIFY(medians.at("shifted, right") > medians.at("clean, right"));
        QVERIFY(medians.at("shuffled") > medians.at("clean, right"));
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
        const double accuracy = mean(m_compare, "none", "accuracy", [](const CsvRow& row) {
            return row.at("shift") == "contrast" && number(row, "severity") == 4;
        });
        QVERIFY(std::abs(severity.layers[0].y[2] - 100 * accuracy) < 1e-9);
        QCOMPARE(compared.figureOf("changes").layers[0].z.size(), std::size_t(2 * 5));

        test::RecordingContext dac(m_folder.filePath("dac").toStdString());
        confidence::makeDacStudy()->preview(dac, protocol::writeParams(confidence::DacParams{}));
        QCOMPARE(dac.figureOf("layers").x.categories.back(), std::string("logits"));
        QCOMPARE(dac.figureOf("temperatures").layers[0].z.size(), std::size_t(5 * 5));
    }

    /// Predictions only are judged on what they hold; density needs layers.
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
        const CliRun refused =
            run("calibration.dac", "refused", {"models=" + m_folder.filePath("logits.csv")});
        QVERIFY(refused.status() != 0);
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
