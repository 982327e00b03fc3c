#include "cli_run.h"

#include <QElapsedTimer>
#include <QTemporaryDir>

using assay::test::CliRun;
using assay::test::CsvRow;
using assay::test::number;

/// The non-robust-feature experiment, small: fewer images and epochs than its defaults, the same conditions.
class StudyNonRobust : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void alteredImagesTeachBothWrongClasses()
    {
        QTemporaryDir folder;
        QElapsedTimer timer;
        timer.start();
        const CliRun run(folder.filePath("workspace"), folder.filePath("run"), "transfer.non-robust-features",
                         {"count=5000", "steps=20", "epochs=6", "learners=small_cnn"});
        QVERIFY2(run.status() == 0, run.error().constData());
        const auto metrics = run.metrics();
        qInfo("%.0f s", static_cast<double>(timer.elapsed()) / 1000);
        for (const auto& [name, value] : metrics)
            qInfo("%s %.4f", name.c_str(), value);
        QVERIFY(metrics.at("yield") > 0.7);
        const std::vector<CsvRow> rows = run.table("accuracies");
        QCOMPARE(rows.size(), std::size_t(4));
        for (const CsvRow& row : rows) {
            const bool isControl = row.at("set") == "permuted" || row.at("set") == "noise";
            if (isControl)
                QVERIFY2(number(row, "accuracy") < 0.15, row.at("set").c_str());
            else
                QVERIFY2(number(row, "accuracy_low") > 0.15, row.at("set").c_str());
        }
    }
};

QTEST_GUILESS_MAIN(StudyNonRobust)
#include "study_non_robust.moc"
