#include <QDirIterator>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

/// The example for authors of plugins, as an author has it: the SDK is installed into a folder, moved, and
/// the example configured and built against it outside the tree; then the installed engine allows, loads and
/// runs it.
class SlowNative : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    QByteArray m_output;
    QByteArray m_error;

    QString path(const QString& name) const { return m_dir.filePath(name); }
    QString prefix() const { return path("moved sdk"); }

    /// @returns the exit status, -1 for a crash.
    int run(const QString& program, const QStringList& arguments)
    {
        QProcess process;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert("XDG_CONFIG_HOME", path("config"));
        environment.insert("XDG_DATA_HOME", path("data"));
        environment.insert("ASSAY_PLUGIN_PATH", path("build"));
        process.setProcessEnvironment(environment);
        process.start(program, arguments);
        process.waitForFinished(-1);
        m_output = process.readAllStandardOutput();
        m_error = process.readAllStandardError();
        return process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1;
    }
    int cli(const QStringList& arguments) { return run(prefix() + "/bin/assay-cli", arguments); }
    QJsonObject example()
    {
        cli({"list", "plugins", "--check", "--json"});
        const QJsonArray all = QJsonDocument::fromJson(m_output).object().value("plugins").toArray();
        for (const auto& item : all) {
            if (item.toObject().value("id") == QLatin1String("noise-example"))
                return item.toObject();
        }
        return {};
    }

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_dir.isValid());
        QCOMPARE(run("cmake", {"--install", ASSAY_TEST_BUILD_DIR, "--prefix", path("sdk")}), 0);
        QVERIFY(QFile::rename(path("sdk"), prefix()));
    }

    void nothingInTheSdkNamesAFolderOfThisMachine()
    {
        int seen = 0;
        for (const QString& folder : {prefix() + "/lib", prefix() + "/lib64", prefix() + "/include"}) {
            QDirIterator files(folder, {"*.cmake", "*.h"}, QDir::Files, QDirIterator::Subdirectories);
            while (files.hasNext()) {
                QFile file(files.next());
                QVERIFY(file.open(QIODevice::ReadOnly));
                const QByteArray text = file.readAll();
                ++seen;
                for (const QString& own :
                     {QString(ASSAY_TEST_SOURCE_DIR), QString(ASSAY_TEST_BUILD_DIR), path("sdk")})
                    QVERIFY2(!text.contains(own.toUtf8()), qPrintable(file.fileName() + " names " + own));
            }
        }
        QVERIFY2(seen > 100, qPrintable(QString::number(seen)));
    }

    void theExampleBuildsAgainstIt()
    {
        QVERIFY(QDir().mkpath(path("source")));
        QDirIterator files(ASSAY_TEST_SOURCE_DIR "/plugins/examples/native", QDir::Files);
        while (files.hasNext()) {
            const QString file = files.next();
            QVERIFY(QFile::copy(file, path("source/") + files.fileName()));
        }
        const int configured = run("cmake", {"-S", path("source"), "-B", path("build"), "-G", "Ninja",
                                             "-DCMAKE_PREFIX_PATH=" + prefix()});
        QVERIFY2(configured == 0, m_error.constData());
        const int built = run("cmake", {"--build", path("build")});
        QVERIFY2(built == 0, m_output.constData());
        QVERIFY(QFile::exists(path("build/noise_example.so")));
    }

    void metadataForAnotherEngineIsRefusedWhenItIsConfigured()
    {
        QFile metadata(path("source/noise_example.json"));
        QVERIFY(metadata.open(QIODevice::ReadWrite));
        const QByteArray right = metadata.readAll();
        const auto write = [&](const QByteArray& text) {
            metadata.resize(0);
            metadata.seek(0);
            metadata.write(text);
            metadata.flush();
        };
        write(QByteArray(right).replace("\"abi\": ", "\"abi\": 99"));
        QVERIFY(run("cmake", {"-S", path("source"), "-B", path("refused"), "-G", "Ninja",
                              "-DCMAKE_PREFIX_PATH=" + prefix()}) != 0);
        QVERIFY2(m_error.simplified().contains("noise_example.json is for engine ABI 99"),
                 m_error.constData());
        write(right);
    }

    void itIsAllowedAndLoaded()
    {
        QCOMPARE(example().value("state").toString(), QString("not-allowed"));
        QCOMPARE(cli({"plugins", "allow", path("build/noise_example.so")}), 0);
        const QJsonObject entry = example();
        QCOMPARE(entry.value("problem").toString(), QString());
        QCOMPARE(entry.value("state").toString(), QString("active"));
        QCOMPARE(entry.value("studies").toArray(), QJsonArray{"example.noise-floor"});
        QCOMPARE(entry.value("attacks").toArray(), QJsonArray{"example.random-signs"});
        QCOMPARE(cli({"list", "attacks"}), 0);
        QVERIFY2(m_output.contains("example.random-signs"), m_output.constData());
    }

    void itsStudyRuns()
    {
        const QStringList arguments = {"run",   "example.noise-floor", "--workspace", path("workspace"),
                                       "--out", path("run"),           "--set",       "count=200",
                                       "--set", "eps=[0.02,0.1]",      "--device",    "cpu"};
        QVERIFY2(cli(arguments) == 0, m_error.constData());
        QFile metrics(path("run/metrics.json"));
        QVERIFY(metrics.open(QIODevice::ReadOnly));
        const QJsonObject numbers = QJsonDocument::fromJson(metrics.readAll()).object();
        const double noise = numbers.value("accuracy.noise").toDouble();
        const double attack = numbers.value("accuracy.attack").toDouble();
        // At eps = 0.1 a step along the gradient takes most of the accuracy, and noise some of it.
        QVERIFY2(noise > attack + 0.2 && attack > 0, metrics.fileName().toUtf8());
        QFile table(path("run/tables/floor.csv"));
        QVERIFY(table.open(QIODevice::ReadOnly));
        QCOMPARE(table.readAll().count('\n'), 5); // a heading, two attacks, two radii
    }

    void itsAttackStandsBesideTheBuiltInOnes()
    {
        const QStringList arguments = {"run",         "attacks.robustness",
                                       "--workspace", path("workspace"),
                                       "--out",       path("robust"),
                                       "--set",       "models=fashion-mlp",
                                       "--set",       "attacks=example.random-signs",
                                       "--set",       "count=40",
                                       "--set",       "eps=[0.05]",
                                       "--set",       "queries=5",
                                       "--set",       "steps_list=[1]",
                                       "--set",       "checks=false",
                                       "--device",    "cpu"};
        QVERIFY2(cli(arguments) == 0, m_error.constData());
        QFile table(path("robust/tables/curve.csv"));
        QVERIFY(table.open(QIODevice::ReadOnly));
        QVERIFY(table.readAll().contains("example.random-signs"));
    }

    void switchedOffItIsGone()
    {
        QCOMPARE(cli({"plugins", "disable", "noise-example"}), 0);
        QCOMPARE(example().value("state").toString(), QString("disabled"));
        QCOMPARE(cli({"describe", "example.noise-floor"}), 2);
        QCOMPARE(cli({"plugins", "enable", path("build/noise_example.so")}), 0);
        QCOMPARE(example().value("state").toString(), QString("active"));
    }
};

QTEST_GUILESS_MAIN(SlowNative)
#include "slow_native.moc"
