#include "backend/arrays/array_bundle.h"
#include "backend/attacks/registry.h"
#include "backend/data/catalogue.h"
#include "backend/models/predict.h"
#include "backend/models/zoo.h"
#include "tests/app/cli/cli_result.h"

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>
#include <torch/types.h>

#include <csignal>

using namespace assay;
using namespace assay::test;

namespace {

constexpr std::int64_t kCount = 60;

torch::Tensor array(const QString& file, const char* name)
{
    return arrays::ArrayBundle(file.toStdString()).array(name, std::uint64_t(1) << 28).values;
}

} // namespace

/// `assay-cli attack` on real images and trained networks: its file, its numbers, its sentences.
class TestAttackCommand : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    std::shared_ptr<const models::Model> m_model;
    torch::Tensor m_x, m_y;

    QString path(const QString& name) const { return m_dir.filePath(name); }
    void prepare(QProcess& process, const QStringList& arguments) const
    {
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert("XDG_CONFIG_HOME", m_dir.path());
        environment.insert("XDG_DATA_HOME", m_dir.path());
        process.setProcessEnvironment(environment);
        process.setProgram(ASSAY_TEST_BUILD_DIR "/bin/assay-cli");
        process.setArguments(arguments + QStringList{"--workspace", path("work")});
    }
    CliResult cli(const QStringList& arguments) const
    {
        QProcess process;
        prepare(process, arguments);
        process.start();
        return resultOf(process);
    }
    static QStringList attackOn(const QStringList& more)
    {
        return QStringList{"attack", "fashion-cnn", "--data", "fashion-mnist"} + more;
    }
    torch::Tensor attacked(const char* id, const Json& parameters, const attacks::Budget& budget,
                           const attacks::Context& context = {}) const
    {
        return attacks::attacks().make(id, parameters)->run(*m_model, m_x, m_y, budget, context).adversarial;
    }

private Q_SLOTS:
    void initTestCase()
    {
        m_model =
            models::ModelLibrary({ASSAY_TEST_SOURCE_DIR "/resources/zoo"}).open("fashion-cnn", torch::kCPU);
        const auto set = data::DatasetCatalogue().open("fashion-mnist");
        m_x = set->images(data::Split::Test, torch::arange(kCount), torch::kCPU);
        m_y = set->labels(data::Split::Test).narrow(0, 0, kCount);
    }

    void writesWhatItPrints()
    {
        const QString out = path("pgd");
        const CliResult result =
            cli(attackOn({"--attack", "pgd", "--norm", "linf", "--eps", "0.03", "--steps", "5", "--count",
                          QString::number(kCount), "--seed", "7", "--out", out}));
        QVERIFY2(result.status == 0, qPrintable(result.err));
        const QString file = out + "/adversarial.npz";
        QVERIFY(torch::equal(array(file, "x"), m_x));
        QVERIFY(torch::equal(array(file, "y"), m_y));
        const torch::Tensor adversarial = array(file, "x_adv");
        const torch::Tensor expected =
            attacked("pgd", Json::object(), {.eps = 0.03, .steps = 5}, {.seed = 7});
        QVERIFY((adversarial - expected).abs().max().item<double>() <= 1e-6);
        const torch::Tensor clean = models::predict(*m_model, m_x) == m_y;
        const torch::Tensor success = array(file, "success");
        QCOMPARE(success.scalar_type(), torch::kBool);
        QVERIFY(torch::equal(success, models::predict(*m_model, adversarial) != m_y));

        const auto right = clean.sum().item<std::int64_t>();
        const auto fooled = clean.logical_and(success).sum().item<std::int64_t>();
        QVERIFY(fooled > 0 && fooled < right); // else the numbers below would say little
        const QStringList lines = result.out.split('\n', Qt::SkipEmptyParts);
        QCOMPARE(lines.size(), qsizetype(6));
        const auto matches = [&](int line, const QString& pattern) {
            return QRegularExpression("^" + pattern + "$").match(lines[line]).hasMatch();
        };
        const QString interval = "; 95 % interval [0-9.]+ \\.\\. [0-9.]+ %\\)";
        QVERIFY2(matches(0, QString("clean accuracy +[0-9.]+ % \\(%1 of 60 images").arg(right) + interval),
                 qPrintable(lines[0]));
        QVERIFY2(matches(1, QString("success +%1 % \\(%2 of %3 classified correctly before")
                                    .arg(100.0 * double(fooled) / double(right), 0, 'f', 1)
                                    .arg(fooled)
                                    .arg(right) +
                                interval),
                 qPrintable(lines[1]));
        QVERIFY2(matches(2, QString("robust accuracy +[0-9.]+ % \\(%1 of 60 images").arg(right - fooled) +
                                interval),
                 qPrintable(lines[2]));
        QVERIFY2(matches(3, "images per second +[0-9.]+ \\([0-9.]+ s\\)"), qPrintable(lines[3]));
        QVERIFY2(matches(4, "peak memory +[1-9][0-9]+ MiB"), qPrintable(lines[4]));
        QCOMPARE(lines[5], file);
        QCOMPARE(QDir(out).entryList(QDir::Files), QStringList{"adversarial.npz"});
    }

    void sameDigitsInBatches()
    {
        const QStringList task{"--attack", "dim",     "--eps", "0.05",   "--steps",
                               "4",        "--count", "60",    "--seed", "3"};
        QCOMPARE(cli(attackOn(task + QStringList{"--out", path("whole")})).status, 0);
        QCOMPARE(cli(attackOn(task + QStringList{"--out", path("parts"), "--batch", "25"})).status, 0);
        const torch::Tensor whole = array(path("whole/adversarial.npz"), "x_adv");
        const torch::Tensor parts = array(path("parts/adversarial.npz"), "x_adv");
        QVERIFY((whole - parts).abs().max().item<double>() <= 1e-6);
    }

    void aimsAtClasses_data()
    {
        QTest::addColumn<QString>("target");
        QTest::newRow("name") << "Bag";
        QTest::newRow("number") << "8";
        QTest::newRow("next") << "next";
    }
    void aimsAtClasses()
    {
        QFETCH(QString, target);
        const QString out = path("aimed-" + target);
        const CliResult result = cli(attackOn({"--attack", "bim", "--eps", "0.2", "--steps", "10", "--count",
                                               "60", "--targeted", target, "--out", out}));
        QVERIFY2(result.status == 0, qPrintable(result.err));
        const torch::Tensor aimed = target == "next" ? (m_y + 1).remainder(10) : torch::full_like(m_y, 8);
        const QString file = out + "/adversarial.npz";
        const torch::Tensor reached = models::predict(*m_model, array(file, "x_adv")) == aimed;
        QVERIFY(torch::equal(array(file, "success"), reached));
        const torch::Tensor open = models::predict(*m_model, m_x) != aimed;
        QVERIFY2(result.out.contains(QString("(%1 of %2 not already taken for the target;")
                                         .arg(open.logical_and(reached).sum().item<std::int64_t>())
                                         .arg(open.sum().item<std::int64_t>())),
                 qPrintable(result.out));
        QVERIFY(!result.out.contains("robust accuracy"));
    }

    void takesParametersAndScripts()
    {
        QVERIFY(QDir().mkpath(path("work/attacks")));
        QCOMPARE(QProcess::execute(
                     "/usr/bin/python3",
                     {ASSAY_TEST_SOURCE_DIR "/plugins/examples/scripted/mi_fgsm.py", path("work/attacks")}),
                 0);
        const QStringList task{"--eps", "0.05", "--steps", "5", "--count", "60"};
        const CliResult script = cli(attackOn(
            task + QStringList{"--attack", "script:mi_fgsm", "--set", "decay=0.5", "--out", path("script")}));
        QVERIFY2(script.status == 0, qPrintable(script.err));
        const torch::Tensor expected = attacked("mi-fgsm", {{"momentum", 0.5}}, {.eps = 0.05, .steps = 5});
        const torch::Tensor found = array(path("script/adversarial.npz"), "x_adv");
        QVERIFY((found - expected).abs().max().item<double>() <= 1e-6);
    }

    void listsAttacks()
    {
        QVERIFY(QDir().mkpath(path("work/attacks")));
        QFile broken(path("work/attacks/broken.pt"));
        QVERIFY(broken.open(QIODevice::WriteOnly));
        broken.write("nothing");
        broken.close();
        const CliResult result = cli({"list", "attacks"});
        QVERIFY(broken.remove());
        QCOMPARE(result.status, 0);
        QVERIFY(QRegularExpression("^pgd +linf, l2, l1 +gradient +PGD +Madry",
                                   QRegularExpression::MultilineOption)
                    .match(result.out)
                    .hasMatch());
        QVERIFY(QRegularExpression("^square +linf, l2, l1 +query ", QRegularExpression::MultilineOption)
                    .match(result.out)
                    .hasMatch());
        QVERIFY(QRegularExpression("^script:mi_fgsm +linf +gradient +MI-FGSM \\(scripted\\) +Dong",
                                   QRegularExpression::MultilineOption)
                    .match(result.out)
                    .hasMatch());
        QCOMPARE(result.err, "assay-cli: " + path("work/attacks/broken.pt") +
                                 ": is no TorchScript file. Save the attack again with "
                                 "torch.jit.script(attack).save(file).\n");
    }

    void refuses_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("sentence");
        const QStringList out{"--out", path("refused")};
        const auto row = [](const char* name, const QStringList& arguments, const char* sentence) {
            QTest::newRow(name) << arguments << "assay-cli: " + QString(sentence) + "\n";
        };
        row("no model", {"attack"}, "'attack' needs a model. See 'assay-cli attack --help'.");
        row("no data", {"attack", "fashion-cnn"}, "'attack' needs --data. See 'assay-cli attack --help'.");
        row("no attack", attackOn({}), "'attack' needs --attack. See 'assay-cli attack --help'.");
        row("no folder", attackOn({"--attack", "pgd"}),
            "'attack' needs --out. See 'assay-cli attack --help'.");
        row("norm", attackOn(out + QStringList{"--attack", "ni-fgsm", "--norm", "l2"}),
            "ni-fgsm: is not defined for the norm l2. Choose from linf.");
        row("number", attackOn(out + QStringList{"--attack", "pgd", "--eps", "wide"}),
            "--eps: 'wide' is not a number.");
        row("steps", attackOn(out + QStringList{"--attack", "pgd", "--steps", "0"}),
            "--steps: is 0; it must be at least 1.");
        row("parameter", attackOn(out + QStringList{"--attack", "mi-fgsm", "--set", "momentun=1"}),
            "--set: 'momentun' is no parameter of mi-fgsm. Did you mean 'momentum'?");
        row("assignment", attackOn(out + QStringList{"--attack", "mi-fgsm", "--set", "momentum"}),
            "--set: 'momentum' is no assignment. Write it as parameter=value.");
        row("class", attackOn(out + QStringList{"--attack", "pgd", "--targeted", "Sneakers"}),
            "--targeted: 'Sneakers' is no class. Did you mean 'Sneaker'?");
    }
    void refuses()
    {
        QFETCH(QStringList, arguments);
        QFETCH(QString, sentence);
        const CliResult result = cli(arguments);
        QCOMPARE(result.err, sentence);
        QCOMPARE(result.status, 2);
        QCOMPARE(result.out, QString());
        QVERIFY(!QDir(path("refused")).exists());
    }

    void cancels()
    {
        QProcess process;
        prepare(process, attackOn({"--attack", "pgd", "--steps", "100000", "--out", path("cancelled")}));
        process.start();
        QString err;
        QTRY_VERIFY_WITH_TIMEOUT((err += process.readAllStandardError()).contains("PGD"), kLongMs);
        ::kill(static_cast<pid_t>(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished(kLongMs));
        QCOMPARE(process.exitCode(), 130);
        QVERIFY(QString(process.readAllStandardError()).endsWith("assay-cli: cancelled.\n"));
        QVERIFY(QDir(path("cancelled")).entryList(QDir::Files).isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestAttackCommand)
#include "tst_attack.moc"
