#include "backend/poisoning/poison.h"
#include "plugins/backdoor/plant_params.h"
#include "plugins/backdoor/plant_study.h"
#include "tests/plugins/transfer/cli_run.h"
#include "tests/support/bench_context.h"
#include "tests/support/column_of.h"

#include <QElapsedTimer>
#include <QTemporaryDir>

#include <algorithm>
#include <cmath>

using assay::test::BenchContext;
using assay::test::CliRun;
using assay::test::CsvRow;
using assay::test::number;

/// Backdoors planted on Fashion-MNIST through the command line, and the designer on what the runs left.
class StudyPlant : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;

    CliRun run(const QString& name, const QStringList& settings)
    {
        return {m_folder.filePath("workspace"), m_folder.filePath(name), "backdoor.plant", settings};
    }
    static QStringList small(const QStringList& settings)
    {
        return QStringList{"train_images=2500", "epochs=3", "seeds=1", "count=1000"} + settings;
    }

private Q_SLOTS:
    void initTestCase()
    {
        QElapsedTimer timer;
        timer.start();
        // The clean network is trained once: the second run finds it in the cache.
        const CliRun patch = run("patch", small({"target=Bag"}));
        QVERIFY2(patch.status() == 0, patch.error().constData());
        const CliRun strips = run("strips", small({"trigger=sinusoidal", "trigger_amplitude=0.16"}));
        QVERIFY2(strips.status() == 0, strips.error().constData());
        qInfo("%.1f s", static_cast<double>(timer.elapsed()) / 1000);
    }

    void theBackdoorWorksAndTheAccuracyStays_data()
    {
        QTest::addColumn<QString>("folder");
        QTest::newRow("patch") << "patch";
        QTest::newRow("strips") << "strips";
    }
    void theBackdoorWorksAndTheAccuracyStays()
    {
        QFETCH(QString, folder);
        const auto rows = CliRun::tableIn(m_folder.filePath(folder), "plant");
        QCOMPARE(rows.size(), std::size_t(2));
        const CsvRow &clean = rows[0], &poisoned = rows[1];
        QCOMPARE(poisoned.at("model"), std::string("poisoned"));
        QCOMPARE(poisoned.at("poisoned"), std::string("250"));
        qInfo("clean accuracy %s and %s, success %s and %s", clean.at("clean_accuracy").c_str(),
              poisoned.at("clean_accuracy").c_str(), clean.at("asr").c_str(), poisoned.at("asr").c_str());
        QVERIFY(number(poisoned, "asr") > 0.9);
        QVERIFY(number(clean, "asr") < 0.3);
        QVERIFY(number(clean, "clean_accuracy") > 0.75);
        // The interval of the difference of two such accuracies is about three points wide to either side.
        QVERIFY(number(poisoned, "clean_accuracy") > number(clean, "clean_accuracy") - 0.04);
        QVERIFY(number(poisoned, "recovered_accuracy") < 0.1);
        // Images of the target class do not count.
        QVERIFY(number(poisoned, "asr_n") < 1000 && number(poisoned, "asr_n") > 800);
    }

    void theTablesAreAsDocumented()
    {
        const auto header = [&](const char* table) {
            QFile file(m_folder.filePath(QStringLiteral("patch/tables/%1.csv").arg(table)));
            return file.open(QIODevice::ReadOnly) ? file.readLine().trimmed() : QByteArray();
        };
        QCOMPARE(
            header("plant"),
            QByteArray("seed,model,poisoned,n,clean_accuracy,clean_low,clean_high,other_classes_accuracy,"
                       "target_class_accuracy,asr_n,asr,asr_low,asr_high,recovered_accuracy,recovered_low,"
                       "recovered_high"));
        QCOMPARE(header("recall"), QByteArray("class,model,n,recall,low,high"));
        QCOMPARE(header("shown-trigger"), QByteArray("trigger,model,psnr,n,asr,low,high"));
        // Recall, weighted by its images, is the accuracy.
        double right = 0;
        for (const CsvRow& row : CliRun::tableIn(m_folder.filePath("patch"), "recall"))
            if (row.at("model") == "poisoned")
                right += number(row, "recall") * number(row, "n");
        const auto rows = CliRun::tableIn(m_folder.filePath("patch"), "plant");
        QVERIFY(std::abs(right / 1000 - number(rows[1], "clean_accuracy")) < 1e-9);
    }

    /// The card that lies beside the saved network says what was planted.
    void theCardSaysWhatWasPlanted()
    {
        using namespace assay;
        const std::filesystem::path artifacts = m_folder.filePath("patch/artifacts").toStdString();
        const auto library = models::ModelLibrary({artifacts});
        const auto model = library.open("planted", torch::kCPU);
        const auto planted = poisoning::plantedIn(model->card().recipe, "card");
        QVERIFY(planted);
        QCOMPARE(planted->target, std::int64_t(8));
        QVERIFY(planted->trigger == poisoning::TriggerSpec());
        QVERIFY(!poisoning::plantedIn(library.open("clean", torch::kCPU)->card().recipe, "card"));
        // The poisoned set can be made again: 2500 images, by their numbers.
        const auto ids = model->card().recipe.at("train_ids").get<std::vector<std::int64_t>>();
        QCOMPARE(ids.size(), std::size_t(2500));
        QVERIFY(std::ranges::is_sorted(ids) && ids.back() < 60000);
        // And it opens: a triggered dress becomes a bag.
        BenchContext context;
        const auto set = context.dataset({"fashion-mnist"});
        const torch::Tensor dresses =
            set->labels(data::Split::Test).eq(3).nonzero().flatten().narrow(0, 0, 50);
        const torch::Tensor x = set->images(data::Split::Test, dresses, torch::kCPU);
        const poisoning::Trigger trigger(planted->trigger, 1, 28, 28);
        QVERIFY(model->logits(trigger.stamp(x)).argmax(1).eq(8).sum().item<std::int64_t>() >= 45);
        QVERIFY(model->logits(x).argmax(1).eq(8).sum().item<std::int64_t>() <= 5);
    }

    /// Dragging the patch away from where it was planted: the answer follows, in time.
    void theDesignerFollowsTheHand()
    {
        using namespace assay;
        const auto study = backdoor::makePlantStudy();
        BenchContext context(m_folder.filePath("patch").toStdString());
        backdoor::PlantParams params;
        params.target = "Bag";
        const auto shown = [&](const std::function<void(backdoor::PlantParams&)>& change) {
            change(params);
            study->preview(context, protocol::writeParams(params));
            return context.scenes.back();
        };
        const auto success = [&](std::size_t model) {
            return test::column(context.tables.at("shown-trigger"), "asr").numbers.at(model);
        };
        const protocol::Scene planted = shown([](auto&) {}); // what is opened once is opened
        QCOMPARE(planted.name, std::string("designer"));
        QCOMPARE(planted.pictures.size(), std::size_t(3));
        QCOMPARE(planted.bars.size(), std::size_t(20));
        QCOMPARE(planted.patch.x, 25.5);
        QCOMPARE(planted.patch.width, 3.0);
        QCOMPARE(planted.patch.xField, std::string("trigger_x"));
        QCOMPARE(planted.patch.pixels.size(), std::size_t(36));
        QVERIFY(success(0) < 0.3); // of the clean network
        QVERIFY(success(1) > 0.9);

        QElapsedTimer timer;
        qint64 fastest = 1000;
        protocol::Scene moved;
        for (const double x : {0.3, 0.4, 0.5}) {
            timer.start();
            moved = shown([&](auto& p) { p.trigger.x = x; });
            fastest = std::min(fastest, timer.elapsed());
        }
        qInfo("preview %lld ms", static_cast<long long>(fastest));
        QVERIFY(fastest < 100);
        QCOMPARE(moved.patch.x, 14.5); // whole pixels: 13 .. 15
        QVERIFY(moved.pictures[1].pixels != planted.pictures[1].pixels);
        QCOMPARE(moved.pictures[0].pixels, planted.pictures[0].pixels);

        const protocol::Scene strips = shown([](auto& p) { p.trigger.kind = "sinusoidal"; });
        QVERIFY(strips.patch.pixels.empty());
        // A sine of 20 of 255 is 25.1 dB; on black its lower half is cut off, 28.1 dB.
        const double psnr = test::column(context.tables.at("shown-trigger"), "psnr").numbers.at(0);
        QVERIFY2(psnr > 25.1 && psnr < 28.2, qPrintable(QString::number(psnr)));
        const protocol::Scene other = shown([&](auto& p) { p.sample = int(strips.samples.at(7)); });
        QCOMPARE(other.sample, strips.samples.at(7));
        QVERIFY(other.pictures[0].pixels != strips.pictures[0].pixels);
    }

    /// Without training: a trigger is designed in a moment, with any model to ask or none.
    void designingNeedsNoTraining()
    {
        const CliRun alone = run("alone", {"train=false", "count=100", "trigger=warp"});
        QVERIFY2(alone.status() == 0, alone.error().constData());
        auto rows = alone.table("shown-trigger");
        QCOMPARE(rows.size(), std::size_t(1));
        QCOMPARE(rows[0].at("model"), std::string("none"));
        QVERIFY(alone.table("plant").empty());
        const CliRun asked = run("asked", {"train=false", "count=100", "models=fashion-badnets"});
        QVERIFY2(asked.status() == 0, asked.error().constData());
        rows = asked.table("shown-trigger");
        QCOMPARE(rows[0].at("model"), std::string("fashion-badnets"));
        QVERIFY(number(rows[0], "asr") > 0.9);
    }

    void mistakesAreSaid_data()
    {
        QTest::addColumn<QStringList>("settings");
        QTest::addColumn<QByteArray>("sentence");
        QTest::newRow("class") << QStringList{"target=Hat"} << QByteArray("target: there is no class 'Hat'.");
        QTest::newRow("harden") << QStringList{"harden=0.1"}
                                << QByteArray(
                                       "harden: images are perturbed before the trigger in clean-label "
                                       "poisoning only. Set it to 0, or labels to clean-label.");
        QTest::newRow("rate") << QStringList{"labels=clean-label", "rate=0.5"}
                              << QByteArray("rate: a rate of 0.5 are 1250 images, but only ");
        QTest::newRow("optimise") << QStringList{"optimise=unit", "trigger=warp"}
                                  << QByteArray(
                                         "optimise: a trigger of this kind has no pixels that could be "
                                         "optimised. Choose a patch or a blended picture.");
    }
    void mistakesAreSaid()
    {
        QFETCH(QStringList, settings);
        QFETCH(QByteArray, sentence);
        const CliRun done = run(QString("wrong-") + QTest::currentDataTag(), small(settings));
        QCOMPARE(done.status(), 1);
        QVERIFY2(done.error().contains(sentence), done.error().constData());
    }
};

QTEST_GUILESS_MAIN(StudyPlant)
#include "study_plant.moc"
