#include "plugins/encryption/train_params.h"
#include "plugins/encryption/train_study.h"
#include "tests/plugins/transfer/cli_run.h"
#include "tests/support/bench_context.h"
#include "tests/support/column_of.h"

#include <QElapsedTimer>
#include <QTemporaryDir>

#include <algorithm>

using assay::test::BenchContext;
using assay::test::CliRun;
using assay::test::CsvRow;
using assay::test::number;

/// Classifiers on encrypted images of tinted Fashion-MNIST, through the command line, and the view on what
/// they left.
class StudyTrain : public QObject
{
    Q_OBJECT

private:
    static constexpr double kChance = 1.0 / 20;

    QTemporaryDir m_folder;

    QString runFolder() const { return m_folder.filePath("run"); }
    std::vector<CsvRow> table(const char* name) const { return CliRun::tableIn(runFolder(), name); }

    CsvRow scheme(const std::string& id) const
    {
        const auto rows = table("accuracy");
        const auto found =
            std::ranges::find_if(rows, [&](const CsvRow& row) { return row.at("scheme") == id; });
        return found == rows.end() ? CsvRow() : *found;
    }
    double accuracy(const std::string& id) const { return number(scheme(id), "accuracy"); }

    CsvRow attack(const char* depth, const std::string& name) const
    {
        const auto rows = table("attacks");
        const auto found = std::ranges::find_if(
            rows, [&](const CsvRow& row) { return row.at("depth") == depth && row.at("attack") == name; });
        return found == rows.end() ? CsvRow() : *found;
    }

private Q_SLOTS:
    void initTestCase()
    {
        QElapsedTimer timer;
        timer.start();
        const CliRun run(m_folder.filePath("workspace"), runFolder(), "encryption.train",
                         {"train_images=1200", "count=800", "epochs=5", "width=96", "depth=2",
                          "schemes=plain,etc,v0,v1,v3", "depths=0,2,4", "attack_depths=-1,4",
                          "attack_images=200", "attack_epochs=20", "mmd_epochs=4", "gallery=200",
                          "wrong_keys=4"});
        QVERIFY2(run.status() == 0, run.error().constData());
        qInfo("%.1f s", static_cast<double>(timer.elapsed()) / 1000);
    }

    /// Encryption costs accuracy, and not all of it; what the order of patches is worth is larger than its
    /// noise.
    void plainIsBestAndOrderHelps()
    {
        qInfo("plain %.3f, EtC %.3f, V0 %.3f, V1 %.3f, V3 %.3f", accuracy("plain"), accuracy("etc"),
              accuracy("v0"), accuracy("v1"), accuracy("v3"));
        for (const char* id : {"etc", "v0", "v1", "v3"}) {
            QVERIFY2(accuracy("plain") >= accuracy(id), id);
            QVERIFY2(accuracy(id) > 4 * kChance, id);
        }
        QVERIFY(accuracy("v3") >= accuracy("v0") - 0.01);
    }

    /// One bit of the key, and the classifier knows nothing.
    void wrongKeysAreChance()
    {
        for (const char* id : {"v0", "v1", "v3"}) {
            const double wrong = number(scheme(id), "wrong_key");
            QVERIFY2(std::abs(wrong - kChance) <= 0.05, qPrintable(QString("%1 %2").arg(id).arg(wrong)));
        }
    }

    /// The interval of a difference of two such accuracies is four points wide to either side.
    void depthDoesNotHelp()
    {
        const auto rows = table("depth");
        QCOMPARE(rows.size(), std::size_t(3));
        for (std::size_t i = 0; i < rows.size(); ++i)
            qInfo("depth %s: %s", rows[i].at("depth").c_str(), rows[i].at("accuracy").c_str());
        QVERIFY(number(rows[2], "accuracy") <= number(rows[0], "accuracy") + 0.04);
        // The comparison's V0 has depth 2 and is that of the line.
        QCOMPARE(rows[1].at("accuracy"), scheme("v0").at("accuracy"));
    }

    void theLinearEncoderIsBroken()
    {
        const double linear = number(attack("-1", "plaintext"), "normalised_error");
        const double deep = number(attack("4", "plaintext"), "normalised_error");
        qInfo("normalised error: linear %.4f, depth 4 %.4f", linear, deep);
        QVERIFY(number(attack("-1", "regression"), "normalised_error") < 1e-4);
        QVERIFY(number(attack("4", "regression"), "normalised_error") > 0.2);
        QVERIFY(linear < deep);
        for (const char* name : {"plaintext", "regression", "mmd"})
            QVERIFY2(number(attack("-1", name), "reidentified") >= number(attack("4", name), "low"), name);
        QCOMPARE(attack("-1", "regression").at("reidentified"), std::string("1"));
    }

    void theTablesAreAsDocumented()
    {
        const auto header = [&](const char* name) {
            QFile file(runFolder() + "/tables/" + name + ".csv");
            return file.open(QIODevice::ReadOnly) ? file.readLine().trimmed() : QByteArray();
        };
        QCOMPARE(header("accuracy"),
                 QByteArray("scheme,dataset,accuracy,n,low,high,seconds,trainings,chance,wrong_key,"
                            "wrong_key_low,wrong_key_high,parameters,keys"));
        QCOMPARE(header("attributes"), QByteArray("scheme,dataset,attribute,accuracy,n,low,high,chance"));
        QCOMPARE(header("differences"),
                 QByteArray("first,second,dataset,difference,low,high,trainings,lowest,highest"));
        QCOMPARE(header("depth"), QByteArray("scheme,dataset,depth,accuracy,n,low,high,wrong_key,seconds"));
        QCOMPARE(header("attacks"),
                 QByteArray("depth,attack,normalised_error,reidentified,low,high,candidates,chance,"
                            "mmd_before,mmd_after,seconds"));
        // A class is right where both its parts are.
        for (const CsvRow& row : table("attributes")) {
            QVERIFY(number(row, "accuracy") >= accuracy(row.at("scheme")));
            QVERIFY(number(row, "accuracy") > number(row, "chance"));
        }
        QCOMPARE(scheme("plain").at("keys"), std::string());
        QCOMPARE(scheme("v0").at("keys").size(), std::size_t(8));
    }

    /// Another scheme and depth on what the run left.
    void theViewFollows()
    {
        using namespace assay;
        const auto study = encryption::makeTrainStudy();
        BenchContext context(runFolder().toStdString());
        encryption::TrainParams params;
        params.width = 96;
        study->preview(context, protocol::writeParams(params));
        QCOMPARE(context.figures.at("confusion").title, std::string("What is taken for what: EtC"));
        QCOMPARE(context.grids.at("encoded").variants.size(), std::size_t(3));
        const auto first = context.grids.at("encoded").pixels;
        const auto& cells = context.figures.at("confusion").layers.front();
        double diagonal = 0;
        for (std::size_t c = 0; c < 20; ++c)
            diagonal += cells.z[c * 21];
        QCOMPARE(diagonal, std::round(800 * accuracy("etc")));
        params.shown = "v3";
        params.shownDepth = -1;
        QElapsedTimer timer;
        timer.start();
        study->preview(context, protocol::writeParams(params));
        qInfo("preview %lld ms", timer.elapsed());
        QCOMPARE(context.figures.at("confusion").title, std::string("What is taken for what: V3"));
        QVERIFY(context.grids.at("encoded").pixels != first);
    }
};

QTEST_GUILESS_MAIN(StudyTrain)
#include "study_train.moc"
