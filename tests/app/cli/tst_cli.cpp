#include "backend/protocol/run_spec.h"
#include "tests/app/cli/cli_result.h"
#include "tests/backend/engine/json_text.h"

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

using assay::Json;
using namespace assay::test;

/// The contract of docs/command-line.md, on the real program with a plugin made for tests.
class TestCli : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;

    void prepare(QProcess& process) const
    {
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert("XDG_CONFIG_HOME", m_dir.path());
        environment.insert("XDG_DATA_HOME", m_dir.path());
        environment.insert("ASSAY_PLUGIN_PATH", ASSAY_TEST_BUILD_DIR "/tests/plugins/test_plugin");
        process.setProcessEnvironment(environment);
        process.setProgram(ASSAY_TEST_BUILD_DIR "/bin/assay-cli");
    }
    CliResult cli(const QStringList& arguments) const
    {
        QProcess process;
        prepare(process);
        process.setArguments(arguments);
        process.start();
        return resultOf(process);
    }
    static Json json(const QString& file)
    {
        QFile device(file);
        if (!device.open(QIODevice::ReadOnly))
            return {};
        return assay::protocol::parseJson(device.readAll().toStdString(), file.toStdString());
    }
    QString path(const char* name) const { return m_dir.filePath(name); }

private Q_SLOTS:
    void initTestCase()
    {
        const QString plugin = ASSAY_TEST_BUILD_DIR "/tests/plugins/test_plugin/test_plugin.so";
        const CliResult before = cli({"run", "test.count"});
        QCOMPARE(before.status, 2);
        QVERIFY(before.err.startsWith("assay-cli: there is no study 'test.count'"));
        const CliResult allowed = cli({"plugins", "allow", plugin});
        QCOMPARE(allowed.status, 0);
        QVERIFY(allowed.out.startsWith(plugin + " may run as long as its SHA-256 is "));
    }

    void refusesWrongRequests_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("sentence");
        const auto row = [](const char* name, QStringList arguments, const char* sentence) {
            QTest::newRow(name) << arguments << QString::fromUtf8(sentence);
        };
        row("nothing", {}, "assay-cli: name a command. See 'assay-cli --help'.\n");
        row("command", {"rum"}, "assay-cli: there is no command 'rum'. Did you mean 'run'?\n");
        row("study", {"run", "test.coumt"},
            "assay-cli: there is no study 'test.coumt'. Did you mean 'test.count'?\n");
        row("no study", {"run"},
            "assay-cli: 'run' needs the id of a study or the file of a spec. See 'assay-cli run --help'.\n");
        row("option", {"run", "test.count", "--sett", "x"},
            "assay-cli: 'run' has no option '--sett'. Did you mean '--set'?\n");
        row("value", {"run", "test.count", "--set"},
            "assay-cli: '--set' needs a value. See 'assay-cli run --help'.\n");
        row("option for a value", {"encrypt", "--new-key", "--key-file", path("never.key")},
            "assay-cli: '--new-key' needs a value, and '--key-file' is an option. Write "
            "'--new-key=--key-file' if it is meant as the value.\n");
        row("assignment", {"run", "test.count", "--set", "steps"},
            "assay-cli: --set: 'steps' is no assignment. Write it as field=value.\n");
        row("parameter", {"run", "test.count", "--set", "stepps=3"},
            "assay-cli: --set: 'stepps' is no parameter of test.count. Did you mean 'steps'?\n");
        row("range", {"run", "test.count", "--set", "steps=0"},
            "assay-cli: test.count: 'steps' is 0; it must be a whole number between 1 and 100000.\n");
        row("seed", {"run", "test.count", "--set", "seed=-1"},
            "assay-cli: --set: 'seed' is '-1'; it must be a whole number from 0 to 18446744073709551615.\n");
        row("list", {"list", "modells"}, "assay-cli: 'modells' cannot be listed. Did you mean 'models'?\n");
        row("describe", {"describe"},
            "assay-cli: 'describe' needs the id of a study. See 'assay-cli describe --help'.\n");
        row("zoo", {"zoo", "verfy"}, "assay-cli: 'zoo' has no action 'verfy'. Did you mean 'verify'?\n");
        row("too many", {"serve", "now"},
            "assay-cli: 'now' is one word too many for 'serve'. See 'assay-cli serve --help'.\n");
    }
    void refusesWrongRequests()
    {
        QFETCH(QStringList, arguments);
        QFETCH(QString, sentence);
        const CliResult result = cli(arguments);
        QCOMPARE(result.err, sentence);
        QCOMPARE(result.status, 2);
        QCOMPARE(result.out, QString());
    }

    void refusesDevicesAndFiles()
    {
        const CliResult device = cli({"run", "test.count", "--device", "cuda:77"});
        QCOMPARE(device.status, 2);
        QVERIFY(device.err.startsWith("assay-cli: there is no device 'cuda:77' here; there are: cpu"));
        QVERIFY(device.err.endsWith(". Use one of these, or 'auto'.\n"));
        const CliResult file = cli({"run", path("none.json")});
        QCOMPARE(file.status, 2);
        QCOMPARE(file.err, "assay-cli: " + path("none.json") + ": there is no such file or folder.\n");
    }

    void leavesARunFolder()
    {
        const QString out = path("made/run");
        const CliResult result =
            cli({"run", "test.count", "--set", "steps=7", "--set", "seed=5", "--out", out});
        QVERIFY2(result.status == 0, qPrintable(result.err));
        QCOMPARE(result.lines().constLast(), out);
        QVERIFY(result.lines().constFirst().startsWith("sum "));
        for (const char* file : {"spec.json", "events.cbor", "metrics.json", "tables/steps.csv",
                                 "figures/line.csv", "artifacts/sum.safetensors", "provenance.json"})
            QVERIFY2(QFile::exists(out + "/" + file), file);
        const Json spec = json(out + "/spec.json");
        QCOMPARE(text(spec["params"]),
                 text(Json({{"steps", 7}, {"factor", 1.0}}))); // completed with the defaults
        QCOMPARE(text(spec["seed"]), text(Json(5)));
        QCOMPARE(text(json(out + "/provenance.json")["seed"]), text(Json(5)));

        const CliResult again = cli({"run", "test.count", "--out", out});
        QCOMPARE(again.status, 2);
        QCOMPARE(again.err,
                 "assay-cli: " + out +
                     ": this folder exists and is not empty. Name a new folder with --out, or empty "
                     "this one.\n");

        // The stored spec gives the same digits.
        const CliResult repeated = cli({"run", out + "/spec.json", "--out", path("repeated")});
        QCOMPARE(repeated.status, 0);
        QCOMPARE(text(json(path("repeated") + "/metrics.json")), text(json(out + "/metrics.json")));
    }

    void runsInAWorkspace()
    {
        const CliResult result = cli({"run", "test.count", "--workspace", path("ws")});
        QCOMPARE(result.status, 0);
        const QString folder = result.lines().constLast();
        QVERIFY(folder.startsWith(path("ws/runs/")));
        const CliResult list = cli({"list", "runs", "--workspace", path("ws"), "--json"});
        const Json runs = assay::protocol::parseJson(list.out.toStdString(), "runs")["runs"];
        QCOMPARE(runs.size(), std::size_t(1));
        QCOMPARE(runs[0]["run"].get<std::string>(), QFileInfo(folder).fileName().toStdString());
        QCOMPARE(text(runs[0]["state"]), text(Json("finished")));
        QCOMPARE(text(runs[0]["title"]), text(Json("Counting")));
    }

    void saysWhyARunFailed()
    {
        const CliResult result = cli({"run", "test.fail", "--out", path("failed")});
        QCOMPARE(result.status, 1);
        QVERIFY(result.err.endsWith("assay-cli: sample.csv: the sample is empty. Add at least one row.\n"));
        QCOMPARE(result.lines().constLast(), path("failed"));
    }

    void printsPlainProgress()
    {
        const CliResult result = cli({"run", "test.count", "--set", "steps=1000", "--out", path("plain")});
        QCOMPARE(result.status, 0);
        QVERIFY(!result.err.contains('\r'));
        QVERIFY(!result.err.contains('\033'));
        QVERIFY(result.err.contains("counting"));
        QVERIFY(result.err.contains("counted\n"));
    }

    void cancelsOnInterrupt()
    {
        QProcess process;
        prepare(process);
        process.setArguments({"run", "test.slow", "--out", path("cancelled")});
        process.setReadChannel(QProcess::StandardError);
        process.start();
        QByteArray said;
        while (!said.contains("slow begins") && process.waitForReadyRead(kLongMs))
            said += process.readAllStandardError();
        ::kill(static_cast<pid_t>(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished(kLongMs));
        QCOMPARE(process.exitStatus(), QProcess::NormalExit);
        QCOMPARE(process.exitCode(), 130);
        QVERIFY(process.readAllStandardError().endsWith("assay-cli: cancelled.\n"));
        QCOMPARE(text(json(path("cancelled/summary.json"))["state"]), text(Json("cancelled")));
    }

    void describes()
    {
        const CliResult plain = cli({"describe", "test.count"});
        QCOMPARE(plain.status, 0);
        QVERIFY(plain.out.startsWith("test.count: Counting\nHow far does it count?\n"));
        const CliResult result = cli({"describe", "test.count", "--json"});
        const Json study = assay::protocol::parseJson(result.out.toStdString(), "study");
        QCOMPARE(text(study["id"]), text(Json("test.count")));
        QCOMPARE(study["json_schema"]["properties"]["steps"]["maximum"].get<double>(), 100000.0);
        QCOMPARE(text(study["plugin"]), text(Json("test")));
        // Parameters of parts, of each attack here, stand under their part.
        const CliResult parts = cli({"describe", "transfer.matrix"});
        QCOMPARE(parts.status, 0);
        QVERIFY(parts.out.contains("  attack_params: object, default {}\n"));
        QVERIFY(parts.out.contains("      mi-fgsm\n          loss: choice, "));
        QVERIFY(parts.out.contains("          momentum: number, "));
    }

    void lists()
    {
        const Json all = assay::protocol::parseJson(cli({"list", "--json"}).out.toStdString(), "catalogue");
        for (const char* key :
             {"studies", "models", "datasets", "attacks", "plugins", "patches", "devices", "workspace"})
            QVERIFY2(all.contains(key), key);
        for (const char* kind : {"studies", "models", "datasets", "attacks", "plugins", "patches"}) {
            const CliResult result = cli({"list", kind, "--json"});
            QCOMPARE(result.status, 0);
            const Json part = assay::protocol::parseJson(result.out.toStdString(), kind);
            QCOMPARE(text(part[kind]), text(all[kind]));
            QCOMPARE(cli({"list", kind}).status, 0);
        }
        QVERIFY(cli({"list"}).out.contains("test.count"));
    }

    void helps_data()
    {
        QTest::addColumn<QString>("command");
        for (const char* command :
             {"list", "describe", "run", "serve", "zoo", "plugins", "export", "import", "inspect"})
            QTest::newRow(command) << command;
    }
    void helps()
    {
        QFETCH(QString, command);
        const CliResult result = cli({command, "--help"});
        QCOMPARE(result.status, 0);
        QVERIFY(result.out.startsWith("usage: assay-cli " + command));
        QCOMPARE(result.out, cli({"help", command}).out);
        QVERIFY(cli({"--help"}).out.contains("\n  " + command + " "));
    }
};

QTEST_GUILESS_MAIN(TestCli)
#include "tst_cli.moc"
