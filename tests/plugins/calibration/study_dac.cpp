#include "plugins/calibration/dac_params.h"
#include "plugins/calibration/dac_study.h"
#include "tests/plugins/calibration/compared_rows.h"
#include "tests/plugins/transfer/recording_context.h"

#include <QDirIterator>
#include <QTemporaryDir>

#include <algorithm>
#include <cmath>
#include <set>

using namespace assay::test;

/// Density-aware calibration through the command line: on networks that it trains, under corruptions and in
/// another domain.
class StudyDac : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    std::vector<CsvRow> m_rows;

    CliRun run(const QString& name, const QStringList& settings) const
    {
        return {m_folder.filePath("workspace"), m_folder.filePath(name), "calibration.dac", settings};
    }
    std::vector<CsvRow> table(const QString& name) const
    {
        return CliRun::tableIn(m_folder.filePath("dac"), name);
    }

private Q_SLOTS:
    void initTestCase()
    {
        QProcess make;
        make.start("/usr/bin/python3",
                   {QStringLiteral(ASSAY_TEST_SOURCE_DIR "/tests/plugins/calibration/make_domains.py"),
                    m_folder.path()});
        QVERIFY(make.waitForFinished(-1) && make.exitCode() == 0);
        QProcess import;
        import.start(
            QStringLiteral(ASSAY_TEST_BUILD_DIR "/bin/assay-cli"),
            {"import", m_folder.filePath("shops.npz"), "--workspace", m_folder.filePath("workspace")});
        QVERIFY(import.waitForFinished(-1));
        QVERIFY2(import.exitCode() == 0, import.readAllStandardError().constData());
        const CliRun dac =
            run("dac", {"models=[]", "train=small_cnn", "train_seeds=2", "train_images=2000",
                        "train_epochs=3", "dataset=shops", "domains=night", "ood=fashion-mnist", "count=1200",
                        "splits=2", "severities=2,4", "shifts=gaussian_noise", "resamples=60", "bank=2000",
                        "k=10", "calibrators=isotonic-multi"});
        QVERIFY2(dac.status() == 0, dac.error().constData());
        m_rows = dac.table("dac");
    }

    void everyCombinationIsThere()
    {
        QCOMPARE(m_rows.size(), std::size_t(2 * 6 * (1 + 2 + 1) * 2));
        for (const CsvRow& row : m_rows) // half of the clean images are fitted on, none of the other domain
            QCOMPARE(number(row, "n"), row.at("shift") == "domain:night" ? 1200.0 : 600.0);
        QCOMPARE(table("overview").size(), std::size_t(6)); // trainings of one architecture together
    }

    /// The order of classes stays: so does every accuracy, in every row.
    void temperaturesKeepTheAccuracy()
    {
        for (const CsvRow& row : m_rows) {
            const auto raw = std::ranges::find_if(m_rows, [&](const CsvRow& other) {
                return other.at("calibrator") == "none" && other.at("model") == row.at("model") &&
                       other.at("shift") == row.at("shift") && other.at("severity") == row.at("severity") &&
                       other.at("seed") == row.at("seed");
            });
            QVERIFY(raw != m_rows.end());
            QCOMPARE(row.at("accuracy"), raw->at("accuracy"));
        }
    }

    /// The claim of the paper: less error under shift than the same calibrator alone, and no harm in domain.
    void densityLowersTheErrorUnderShift()
    {
        const CliRun dac = run("trend", {"models=fashion-resnet", "count=2000", "splits=2", "severities=3,5",
                                         "shifts=gaussian_noise,brightness", "resamples=60", "bank=5000"});
        QVERIFY2(dac.status() == 0, dac.error().constData());
        const std::vector<CsvRow> rows = dac.table("dac");
        const auto mean = [&](const std::string& method, const RowFilter& counts) {
            return meanOf(rows, method, "ece", counts);
        };
        QVERIFY(mean("temperature", isShifted) < mean("none", isShifted));
        for (const std::string method : {"temperature", "ensemble-temperature"}) {
            qInfo("%s: ECE clean %.4f, shifted %.4f; with DAC %.4f, %.4f", method.c_str(),
                  mean(method, isClean), mean(method, isShifted), mean("dac+" + method, isClean),
                  mean("dac+" + method, isShifted));
            QVERIFY(mean("dac+" + method, isShifted) < 0.95 * mean(method, isShifted));
            QVERIFY(mean("dac+" + method, isClean) < mean(method, isClean) + 0.01);
        }
        for (const CsvRow& row : dac.table("overview"))
            if (row.at("calibrator").starts_with("dac"))
                QCOMPARE(row.at("kept"), std::string("both"));
        QVERIFY(std::ranges::any_of(dac.table("layers"), [](const CsvRow& row) {
            return row.at("layer") != "logits" && number(row, "weight") > 0;
        }));
    }

    void anotherDomainCostsAccuracy()
    {
        const auto isNight = [](const CsvRow& row) { return row.at("shift") == "domain:night"; };
        QVERIFY(meanOf(m_rows, "none", "accuracy", isNight) <
                meanOf(m_rows, "none", "accuracy", isClean) - 0.02);
    }

    void temperaturesRiseWithTheShift()
    {
        std::map<std::string, std::map<std::string, double>> medians;
        for (const CsvRow& row : table("temperatures"))
            medians[row.at("model")][row.at("group")] = number(row, "median");
        QCOMPARE(medians.size(), std::size_t(2));
        for (const auto& [model, of] : medians) {
            QCOMPARE(of.size(), std::size_t(6));
            QVERIFY(of.at("clean, wrong") > of.at("clean, right"));
            QVERIFY(of.at("shifted, right") > of.at("clean, right"));
            QVERIFY(of.at("shuffled patches") > of.at("clean, right"));
        }
    }

    /// The other set holds the same classes, so that nothing can tell it well; patches without sense are
    /// told.
    void oodScoresTellSenselessImages()
    {
        std::set<std::string> sets;
        for (const CsvRow& row : table("ood")) {
            sets.insert(row.at("set"));
            if (row.at("score") != "temperature")
                continue;
            if (row.at("set") == "shuffled patches")
                QVERIFY(number(row, "auroc") > 0.8);
            else
                QVERIFY(std::abs(number(row, "auroc") - 0.5) < 0.1);
        }
        QCOMPARE(sets, (std::set<std::string>{"shuffled patches", "fashion-mnist"}));
    }

    void previewsShowTheRunsNumbers()
    {
        using namespace assay;
        RecordingContext dac(m_folder.filePath("dac").toStdString());
        confidence::DacParams params;
        params.comparison.viewModel = "small_cnn 2";
        params.viewLayer = "features";
        confidence::makeDacStudy()->preview(dac, protocol::writeParams(params));
        QCOMPARE(dac.figureOf("layers").x.categories.back(), std::string("logits"));
        QCOMPARE(dac.figureOf("temperatures").layers[0].z.size(), std::size_t(5 * 6));
        const protocol::Figure& density = dac.figureOf("density");
        QVERIFY(density.title.ends_with("small_cnn 2"));
        QCOMPARE(density.layers[0].x.size() + density.layers[1].x.size(), std::size_t(500));
        // Points and gallery show the same images.
        QCOMPARE(dac.grids.size(), std::size_t(1));
        const std::set<std::int64_t> shown(dac.grids[0].ids.begin(), dac.grids[0].ids.end());
        for (const protocol::Layer& layer : density.layers)
            for (const std::int64_t id : layer.samples.ids)
                QVERIFY(shown.contains(id));
        // Ten groups of all that was judged by, whose rates are those of the groups.
        const protocol::Figure& correctness = dac.figureOf("correctness");
        double n = 0;
        for (const double count : correctness.layers.back().denominator)
            n += count;
        QCOMPARE(n, 3 * 600.0 + 1200.0);
    }

    void whatCannotBeIsRefused_data()
    {
        QTest::addColumn<QStringList>("settings");
        QTest::addColumn<QByteArray>("says");
        QTest::newRow("domain") << QStringList{"dataset=shops", "domains=noon"} << QByteArray("'noon'");
        QTest::newRow("no domains") << QStringList{"domains=night"}
                                    << QByteArray("does not say which is which");
        QTest::newRow("every domain")
            << QStringList{"dataset=shops", "domains=night,shop"} << QByteArray("no images are left");
        QTest::newRow("k") << QStringList{"bank=20", "k=21"} << QByteArray("'k' is 21");
        QTest::newRow("nothing") << QStringList{"models=[]"} << QByteArray("no model is chosen");
    }
    void whatCannotBeIsRefused()
    {
        QFETCH(QStringList, settings);
        QFETCH(QByteArray, says);
        const CliRun refused =
            run(QString("refused-%1").arg(QTest::currentDataTag()).replace(' ', '-'), settings);
        QVERIFY(refused.status() != 0);
        QVERIFY2(refused.error().contains(says), refused.error().constData());
    }

    /// The second time everything that is kept, weights first, comes from the cache.
    void runningAgainGivesTheSameBytes()
    {
        const auto kept = [&] {
            QStringList files;
            QDirIterator all(m_folder.filePath("workspace"), {"*.safetensors"}, QDir::Files,
                             QDirIterator::Subdirectories);
            while (all.hasNext())
                files << all.next();
            files.sort();
            return files;
        };
        QFile table(m_folder.filePath("dac/tables/dac.csv"));
        QVERIFY(table.open(QIODevice::ReadOnly));
        const QByteArray first = table.readAll();
        QVERIFY(!first.isEmpty());
        const QStringList before = kept();
        QVERIFY(!before.isEmpty());
        const CliRun again(m_folder.filePath("workspace"), m_folder.filePath("again"),
                           m_folder.filePath("dac/spec.json"), {});
        QVERIFY2(again.status() == 0, again.error().constData());
        QVERIFY(again.file("tables/dac.csv") == first);
        QCOMPARE(kept(), before);
    }
};

QTEST_GUILESS_MAIN(StudyDac)
#include "study_dac.moc"
