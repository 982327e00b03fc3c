#include "backend/protocol/run_spec.h"
#include "tests/app/cli/cli_result.h"
#include "tests/backend/engine/json_text.h"

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>

using assay::Json;
using namespace assay::test;

/// `assay-cli import` and `assay-cli inspect`: sentences and exit statuses of docs/command-line.md.
class TestImport : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;

    QString path(const QString& name) const { return m_dir.filePath(name); }
    CliResult cli(const QStringList& arguments) const
    {
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert("XDG_CONFIG_HOME", m_dir.path());
        environment.insert("XDG_DATA_HOME", m_dir.path());
        QProcess process;
        process.setProcessEnvironment(environment);
        process.start(ASSAY_TEST_BUILD_DIR "/bin/assay-cli",
                      arguments + QStringList{"--workspace", path("work")});
        return resultOf(process);
    }
    void write(const QString& name, const QByteArray& bytes) const
    {
        QFile file(path(name));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(bytes);
    }
    static Json json(const QString& text) { return assay::protocol::parseJson(text.toStdString(), "output"); }

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_dir.isValid());
        // Weights of the zoo without their card: a file as anyone might bring it.
        QVERIFY(QFile::copy(ASSAY_TEST_SOURCE_DIR "/resources/zoo/fashion-mlp.safetensors",
                            path("My Weights.safetensors")));
        write("answers.csv", "logit_a,logit_b,label\n2,0,a\n0,2,b\n0,2,a\n");
        write("notes.txt", "dear diary\n");
    }

    void refuses_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("sentence");
        const QString weights = path("My Weights.safetensors");
        QTest::newRow("nothing")
            << QStringList{"import"}
            << "assay-cli: 'import' needs a file or folder. See 'assay-cli import --help'.\n";
        QTest::newRow("absent") << QStringList{"import", path("none.onnx")}
                                << "assay-cli: " + path("none.onnx") +
                                       ": there is no such file or folder. Check the path.\n";
        QTest::newRow("unknown kind")
            << QStringList{"import", path("notes.txt")}
            << "assay-cli: Nothing here recognises notes.txt. See `assay-cli import --help` for the kinds of "
               "models and images that can be read.\n";
        QTest::newRow("asked") << QStringList{"import", weights}
                               << "assay-cli: " + weights +
                                      ": only you can say its height, width. Give height, for example with "
                                      "--set height=VALUE.\n";
        QTest::newRow("field") << QStringList{"import", weights, "--set", "heigth=28"}
                               << "assay-cli: --set: 'heigth' is no field of this import. Did you mean "
                                  "'height'?\n";
        QTest::newRow("assignment")
            << QStringList{"import", weights, "--set", "height"}
            << "assay-cli: --set: 'height' is no assignment. Write it as field=value.\n";
        QTest::newRow("remove built-in")
            << QStringList{"import", "--remove", "fashion-mlp"}
            << "assay-cli: the model 'fashion-mlp' came with Assay and cannot be removed. Only what was "
               "imported into this workspace can.\n";
        QTest::newRow("restore nothing")
            << QStringList{"import", "--restore", "model.x.00000000"}
            << "assay-cli: there is nothing to restore under 'model.x.00000000'. It was restored already, or "
               "removed in another workspace.\n";
        QTest::newRow("inspect nothing")
            << QStringList{"inspect"}
            << "assay-cli: 'inspect' needs a model or a data set. See 'assay-cli inspect --help'.\n";
    }
    void refuses()
    {
        QFETCH(QStringList, arguments);
        QFETCH(QString, sentence);
        const CliResult result = cli(arguments);
        QCOMPARE(result.err, sentence);
        QCOMPARE(result.status, 2);
        QCOMPARE(result.out, QString());
    }

    void showsWithoutWriting()
    {
        const QString file = path("My Weights.safetensors");
        const CliResult asked = cli({"import", file, "--dry-run"});
        QCOMPARE(asked.status, 2);
        QVERIFY(asked.out.startsWith("PyTorch state_dict (model)\n"));
        QVERIFY(asked.out.contains("asked: give --set height=VALUE\n"));
        const CliResult ready =
            cli({"import", file, "--dry-run", "--json", "--set", "height=28", "--set", "width=28"});
        QCOMPARE(ready.status, 0);
        const Json report = json(ready.out);
        QCOMPARE(text(report["asks"]), QStringLiteral("[]"));
        QCOMPARE(text(report["values"]["name"]), text(Json("my-weights")));
        QCOMPARE(text(report["values"]["height"]), QStringLiteral("28"));
        QVERIFY(!QDir(path("work/models")).exists());
    }

    void importsListsInspectsRemovesAndRestores()
    {
        const CliResult added = cli({"import", path("My Weights.safetensors"), "--set", "height=28", "--set",
                                     "width=28", "--set", "mean=0.286", "--set", "stddev=0.353"});
        QVERIFY2(added.status == 0, qPrintable(added.err));
        QCOMPARE(added.out, QStringLiteral("my-weights\n"));
        const CliResult again = cli({"import", path("My Weights.safetensors"), "--set", "height=28", "--set",
                                     "width=28", "--set", "name=my-weights"});
        QCOMPARE(
            again.err,
            QStringLiteral("assay-cli: name: there is already a model 'my-weights'. Choose another name.\n"));
        QCOMPARE(again.status, 2);

        const CliResult listed = cli({"list", "models"});
        QVERIFY(listed.out.contains("my-weights"));
        QVERIFY(listed.out.contains("state_dict"));
        const Json report = json(cli({"inspect", "my-weights", "--json"}).out);
        QCOMPARE(report["macs"].get<int>(), 784 * 256 + 256 * 128 + 128 * 10);
        QVERIFY(cli({"inspect", "my-weights"}).out.contains("234752 multiply-adds per image"));
        QVERIFY(cli({"inspect", "my-weights", "--measure"}).out.contains(" images per second"));

        const CliResult removed = cli({"import", "--remove", "my-weights"});
        QCOMPARE(removed.status, 0);
        const QString token = removed.out.trimmed().section(' ', -1);
        QVERIFY(token.startsWith("model.my-weights."));
        QVERIFY(!cli({"list", "models"}).out.contains("my-weights"));
        QCOMPARE(cli({"import", "--restore", token}).out, QStringLiteral("my-weights is back.\n"));
        QVERIFY(cli({"list", "models"}).out.contains("my-weights"));
    }

    void listsTheWarning()
    {
        const CliResult added = cli({"import", path("answers.csv"), "--json"});
        QVERIFY2(added.status == 0, qPrintable(added.err));
        QCOMPARE(text(json(added.out)), text(Json({{"kind", "model"}, {"name", "answers"}})));
        write("answers.csv", "logit_a,logit_b,label\n2,0,a\n0,2,b\n0,2,a\n1,0,a\n");
        QVERIFY(cli({"list", "models"}).out.contains("answers.csv has changed since it was imported"));
    }

    void importsDetectors()
    {
        QCOMPARE(QProcess::execute("/usr/bin/python3",
                                   {ASSAY_TEST_SOURCE_DIR "/tests/backend/models/formats/make_detectors.py",
                                    m_dir.path(), "yolov8", "corners"}),
                 0);
        const CliResult added = cli({"import", path("yolov8.onnx"), "--set", "classes=cat,dog,cow"});
        QVERIFY2(added.status == 0, qPrintable(added.err));
        QVERIFY2(
            added.err.contains("the network finds objects; its answer is read as {\"layout\":\"yolov8\"}"),
            qPrintable(added.err));
        const Json models = json(cli({"list", "models", "--json"}).out)["models"];
        const auto own =
            std::ranges::find_if(models, [](const Json& each) { return each["name"] == "yolov8"; });
        QVERIFY(own != models.end());
        QCOMPARE(text((*own)["task"]), text(Json("detection")));
        QCOMPARE(text((*own)["classes"]), text(Json({"cat", "dog", "cow"})));
        QVERIFY(cli({"list", "models"}).out.contains("detection"));
        const CliResult inspected = cli({"inspect", "yolov8"});
        QVERIFY2(inspected.out.contains("Finds objects of 3 classes; its answer is read as "
                                        "{\"layout\":\"yolov8\"}."),
                 qPrintable(inspected.out + inspected.err));

        // What is said counts, and fields that only its layout has can be set with it.
        const CliResult said = cli({"import", path("corners.onnx"), "--layout", "boxes", "--set",
                                    "fractions=false", "--dry-run", "--json"});
        QVERIFY2(said.status == 0, qPrintable(said.err + said.out));
        const Json values = json(said.out)["values"];
        QCOMPARE(text(values["layout"]), text(Json("boxes")));
        QCOMPARE(text(values["scores"]), text(Json("labels")));
        QCOMPARE(text(values["fractions"]), QStringLiteral("false"));
        const CliResult unknown = cli({"import", path("corners.onnx"), "--layout", "ssd"});
        QCOMPARE(unknown.status, 2);
        QVERIFY2(unknown.err.contains("'layout'") || unknown.err.contains("layout"), qPrintable(unknown.err));
    }

    void importsAttacks()
    {
        const QString script = path("mi_fgsm.pt");
        QCOMPARE(
            QProcess::execute("/usr/bin/python3",
                              {ASSAY_TEST_SOURCE_DIR "/plugins/examples/scripted/mi_fgsm.py", m_dir.path()}),
            0);
        const CliResult shown = cli({"import", script, "--dry-run"});
        QCOMPARE(shown.status, 0);
        QVERIFY(shown.out.startsWith("TorchScript attack (attack)\n"));
        QVERIFY(shown.out.contains("An attack in linf, with the parameter decay and without a transform.\n"));
        QVERIFY(shown.out.contains("every call answered within 2 seconds"));
        QVERIFY(!QDir(path("work/attacks")).exists());

        const CliResult added = cli({"import", script, "--set", "name=mine"});
        QVERIFY2(added.status == 0, qPrintable(added.err));
        QCOMPARE(added.out, QStringLiteral("script:mine\n"));
        QVERIFY(cli({"list", "attacks"}).out.contains("script:mine"));
        const CliResult taken = cli({"import", script, "--set", "name=mine"});
        QCOMPARE(
            taken.err,
            QStringLiteral("assay-cli: name: there is already an attack 'mine'. Choose another name.\n"));
        QCOMPARE(taken.status, 2);
        const CliResult removed = cli({"import", "--remove", "script:mine"});
        QCOMPARE(removed.status, 0);
        QVERIFY(!cli({"list", "attacks"}).out.contains("script:mine"));
        const QString token = removed.out.trimmed().section(' ', -1);
        QCOMPARE(cli({"import", "--restore", token}).out, QStringLiteral("script:mine is back.\n"));

        // A file that has changed since is told of where attacks are listed.
        QVERIFY(QFile::remove(script));
        const CliResult gone = cli({"list", "attacks"});
        QCOMPARE(gone.err, "assay-cli: " + script + ": is gone. Put it back, or remove this entry.\n");
        QVERIFY(!gone.out.contains("script:mine"));
        QCOMPARE(cli({"import", "--remove", "mine"}).status, 0);
    }

    void inspectsDataSets()
    {
        const CliResult result = cli({"inspect", "fashion-mnist"});
        QCOMPARE(result.status, 0);
        QVERIFY(result.out.startsWith("fashion-mnist: Fashion-MNIST\n"));
        const Json report = json(cli({"inspect", "fashion-mnist", "--json"}).out);
        QCOMPARE(report["train"]["count"].get<int>(), 60000);
        QCOMPARE(report["test"]["balance"][9].get<int>(), 1000);
    }
};

QTEST_GUILESS_MAIN(TestImport)
#include "tst_import.moc"
