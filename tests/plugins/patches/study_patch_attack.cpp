#include "backend/attacks/patch/patch_file.h"
#include "tests/support/bench_context.h"
#include "plugins/patches/attack_params.h"
#include "plugins/patches/attack_study.h"
#include "tests/plugins/transfer/cli_run.h"

#include <QElapsedTimer>
#include <QTemporaryDir>

#include <cmath>

using assay::test::BenchContext;
using assay::test::CliRun;
using assay::test::CsvRow;
using assay::test::number;

/// Patches on Fashion-MNIST: images they were not trained on, models of the zoo, through the command line.
class StudyPatchAttack : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    std::vector<CsvRow> m_success;

    CliRun run(const QString& name, const QStringList& settings)
    {
        return {m_folder.filePath("workspace"), m_folder.filePath(name), "patches.attack", settings};
    }
    static const CsvRow& row(const std::vector<CsvRow>& rows, const std::string& model,
                             const std::string& patch, const std::string& placement, double size)
    {
        for (const CsvRow& r : rows)
            if (r.at("model") == model && r.at("patch") == patch && r.at("placement") == placement &&
                std::abs(number(r, "size") - size) < 1e-9)
                return r;
        throw std::runtime_error("no such row");
    }

private Q_SLOTS:
    void initTestCase()
    {
        QElapsedTimer timer;
        timer.start();
        const CliRun done = run("free", {"train_count=300", "count=200", "steps=120", "size=0.4", "sizes=0.2",
                                         "angles=-30,0,30", "grid=4", "map_count=40"});
        QVERIFY2(done.status() == 0, done.error().constData());
        m_success = done.table("success");
        qInfo("%.0f s", static_cast<double>(timer.elapsed()) / 1000);
        for (const CsvRow& r : m_success)
            qInfo("%s %s %s %s: accuracy %s, asr %s [%s, %s]", r.at("model").c_str(), r.at("patch").c_str(),
                  r.at("size").c_str(), r.at("placement").c_str(), r.at("accuracy").c_str(),
                  r.at("asr").c_str(), r.at("low").c_str(), r.at("high").c_str());
    }

    /// The claim: the trained patch lowers the accuracy far more than a random one of the same size does.
    void theTrainedPatchLowersAccuracyFarMoreThanARandomOne()
    {
        const double clean = number(row(m_success, "fashion-cnn", "none", "none", 0), "accuracy");
        const CsvRow& trained = row(m_success, "fashion-cnn", "trained", "anywhere", 0.4);
        const CsvRow& random = row(m_success, "fashion-cnn", "random", "anywhere", 0.4);
        QVERIFY(clean > 0.85);
        QVERIFY(clean - number(trained, "accuracy") > 2 * (clean - number(random, "accuracy")));
        QVERIFY(number(random, "accuracy") - number(trained, "accuracy") > 0.12);
        // The intervals of the success rates lie apart.
        QVERIFY(number(trained, "low") > number(random, "high"));
    }

    void aLargerPatchDoesMore()
    {
        QVERIFY(number(row(m_success, "fashion-cnn", "trained", "anywhere", 0.4), "asr") >
                number(row(m_success, "fashion-cnn", "trained", "anywhere", 0.2), "asr"));
    }

    void theTableIsAsDocumented()
    {
        QFile file(m_folder.filePath("free/tables/success.csv"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readLine().trimmed(),
                 QByteArray("model,patch,size,placement,n,accuracy,ap,asr,low,high"));
        const CsvRow& none = row(m_success, "fashion-mlp", "none", "none", 0);
        QCOMPARE(none.at("ap"), std::string("nan"));
        QCOMPARE(none.at("asr"), std::string("nan"));
        QCOMPARE(none.at("n"), std::string("200"));
    }

    void thePatchIsLeftAsPictureAndTensors()
    {
        using namespace assay;
        const auto path = [&](const char* name) {
            return std::filesystem::path(m_folder.filePath(name).toStdString());
        };
        const attacks::Patch exact = attacks::readPatch(path("free/artifacts/patch.safetensors"));
        const attacks::Patch picture = attacks::readPatch(path("free/artifacts/patch.png"));
        QCOMPARE(exact.pixels.size(2), std::int64_t(11));
        QVERIFY((exact.pixels - picture.pixels).abs().max().item<double>() <= 0.5 / 255 + 1e-6);
    }

    /// Moving the patch changes the answer: off the garment the true class is back.
    void thePreviewAnswersTheMovedPatch()
    {
        using namespace assay;
        const auto study = patches::makeAttackStudy();
        BenchContext context(m_folder.filePath("free").toStdString());
        patches::AttackParams params;
        const auto shown = [&](const std::function<void(patches::AttackParams&)>& change) {
            change(params);
            study->preview(context, protocol::writeParams(params));
            return context.scenes.back();
        };
        shown([](auto&) {}); // what is opened once is opened
        QElapsedTimer timer;
        timer.start();
        const protocol::Scene middle = shown([](auto& p) { p.patchSize = 0.4; });
        qInfo("preview %lld ms", static_cast<long long>(timer.elapsed()));
        QCOMPARE(middle.name, std::string("bench"));
        QCOMPARE(middle.patch.xField, std::string("patch_x"));
        QCOMPARE(middle.patch.name, std::string("patch")); // the artifact, by which it is kept
        QCOMPARE(middle.patch.x, 14.0);
        QCOMPARE(middle.bars.size(), std::size_t(20));
        QVERIFY(middle.pictures[0].pixels != middle.pictures[1].pixels);
        const protocol::Scene corner = shown([](auto& p) { p.patchX = 0.95, p.patchY = 0.05; });
        QVERIFY(middle.bars != corner.bars);
        const protocol::Scene none = shown([](auto& p) { p.viewPatch = "none"; });
        QVERIFY(none.patch.pixels.empty());
        QCOMPARE(none.pictures[0].pixels, none.pictures[1].pixels);
        const protocol::Scene other = shown([&](auto& p) { p.sample = int(none.samples.at(3)); });
        QCOMPARE(other.sample, none.samples.at(3));
        QVERIFY(other.pictures[0].pixels != none.pictures[0].pixels);
    }

    void aTargetIsReached()
    {
        const CliRun done =
            run("aimed", {"models=fashion-cnn", "target=Bag", "train_count=300", "count=200", "steps=120",
                          "size=0.5", "sizes=0.5", "angles=0", "grid=2", "map_count=20", "shape=circle"});
        QVERIFY2(done.status() == 0, done.error().constData());
        const auto rows = done.table("success");
        const CsvRow& trained = row(rows, "fashion-cnn", "trained", "anywhere", 0.5);
        const CsvRow& random = row(rows, "fashion-cnn", "random", "anywhere", 0.5);
        qInfo("towards Bag: trained %s [%s, %s], random %s [%s, %s]", trained.at("asr").c_str(),
              trained.at("low").c_str(), trained.at("high").c_str(), random.at("asr").c_str(),
              random.at("low").c_str(), random.at("high").c_str());
        QVERIFY(number(trained, "low") > number(random, "high"));
        QVERIFY(number(trained, "asr") > 0.25);
    }

    void mistakesAreSaid_data()
    {
        QTest::addColumn<QStringList>("settings");
        QTest::addColumn<QByteArray>("sentence");
        QTest::newRow("class") << QStringList{"target=Bags"}
                               << QByteArray("target: there is no class 'Bags'. Did you mean 'Bag'?");
        QTest::newRow("objects") << QStringList{"place=objects"}
                                 << QByteArray("classifiers have no objects to lay a patch on");
        QTest::newRow("kept") << QStringList{"patches=mine"} << QByteArray("there is no kept patch 'mine'");
    }
    void mistakesAreSaid()
    {
        QFETCH(QStringList, settings);
        QFETCH(QByteArray, sentence);
        const CliRun done = run(QTest::currentDataTag(), settings);
        QVERIFY(done.status() != 0);
        QVERIFY2(done.error().contains(sentence), done.error().constData());
    }
};

QTEST_GUILESS_MAIN(StudyPatchAttack)
#include "study_patch_attack.moc"
