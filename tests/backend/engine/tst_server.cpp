#include "backend/attacks/patch/patch_file.h"
#include "backend/engine/plugin_trust.h"
#include "backend/engine/provenance.h"
#include "backend/protocol/codec.h"
#include "backend/protocol/error.h"
#include "tests/backend/engine/json_text.h"
#include "tests/backend/engine/peer.h"

#include <QElapsedTimer>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>
#include <QThread>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>

using namespace assay;
using namespace assay::protocol;

using assay::test::kLongMs;
using assay::test::Peer;

class TestServer : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;

private Q_SLOTS:
    void initTestCase()
    {
        engine::PluginTrust(m_dir.path().toStdString() + "/assay")
            .allow(ASSAY_TEST_BUILD_DIR "/tests/plugins/test_plugin/test_plugin.so");
    }

    void greetsFirst()
    {
        Peer peer(m_dir);
        const auto first = peer.next();
        QVERIFY(first && std::holds_alternative<Hello>(*first));
        QCOMPARE(std::get<Hello>(*first).protocol, kProtocolVersion);
        QCOMPARE(std::get<Hello>(*first).program, std::string("assay-cli"));
    }

    void refusesAnotherVersion()
    {
        Peer peer(m_dir);
        peer.send(Hello{99, "assay", "9.9"});
        QVERIFY(peer.ended());
        QCOMPARE(peer.process.exitCode(), 2);
        const QString said = QString::fromUtf8(peer.process.readAllStandardError());
        const QString sentence =
            QStringLiteral(
                "assay-cli serve: the window (assay 9.9) speaks protocol version 99, this engine (assay-cli "
                "%1) speaks version 1. Use a window and an engine of the same version of Assay.")
                .arg(engine::version());
        QVERIFY2(said.contains(sentence), qPrintable(said));
        peer.next(); // hello
        const auto last = peer.next();
        QVERIFY(last && std::holds_alternative<Notice>(*last));
        QCOMPARE(std::get<Notice>(*last).topic, std::string("log"));
    }

    void refusesHostileBytes_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::newRow("endless frame") << QByteArray("\xff\xff\xff\xff"
                                                     "abc",
                                                     7);
        QTest::newRow("no cbor") << QByteArray("\x03\0\0\0\xff\xff\xff", 7);
        QTest::newRow("http") << QByteArray("GET / HTTP/1.1\r\n\r\n");
        QTest::newRow("request before hello")
            << encodeFrame(Message(Request{1, "catalogue", Json::object()}));
        QTest::newRow("after hello") << encodeFrame(Message(Hello{})) + QByteArray("\x01\0\0\0\xff", 5);
    }
    void refusesHostileBytes()
    {
        QFETCH(QByteArray, bytes);
        Peer peer(m_dir);
        peer.process.write(bytes);
        QVERIFY(peer.ended());
        QCOMPARE(peer.process.exitStatus(), QProcess::NormalExit);
        QCOMPARE(peer.process.exitCode(), 2);
        QVERIFY(peer.process.readAllStandardError().contains("assay-cli serve: "));
    }

    void endsWhenItsInputCloses()
    {
        Peer peer(m_dir);
        peer.greet();
        QVERIFY(peer.call("runs").ok);
        peer.process.closeWriteChannel();
        QVERIFY(peer.ended());
        QCOMPARE(peer.process.exitStatus(), QProcess::NormalExit);
        QCOMPARE(peer.process.exitCode(), 0);
    }

    void answersItsMethods()
    {
        Peer peer(m_dir);
        peer.greet();
        const Json catalogue = peer.call("catalogue").result;
        for (const char* key :
             {"studies", "models", "datasets", "attacks", "plugins", "patches", "devices", "workspace"})
            QVERIFY2(catalogue.contains(key), key);
        const auto isCount = [](const Json& study) { return study["id"] == "test.count"; };
        const auto count = std::ranges::find_if(catalogue["studies"], isCount);
        QVERIFY(count != catalogue["studies"].end());
        for (const char* key : {"title", "question", "summary", "reference", "keywords", "outputs", "version",
                                "previews", "plugin", "schema"})
            QVERIFY2(count->contains(key), key);
        QCOMPARE(text((*count)["plugin"]), text(Json("test")));

        const Reply unknown = peer.call("runz");
        QVERIFY(!unknown.ok);
        QCOMPARE(unknown.error, std::string("the engine knows no method 'runz'. Did you mean 'runs'?"));
        QCOMPARE(peer.call("run.cancel", {{"run", "nobody"}}).error,
                 std::string("the run 'nobody' is neither queued nor running."));
        QCOMPARE(peer.call("run.cancel", Json::array()).error, std::string("request: 'run' must be a text."));
        const Json problems =
            peer.call("validate", {{"study", "test.count"}, {"params", {{"steps", 0}}}}).result["problems"];
        QCOMPARE(problems.size(), std::size_t(1));
        QCOMPARE(text(problems[0]["field"]), text(Json("steps")));
        QVERIFY(peer.call("validate", {{"study", "test.count"}, {"params", Json::object()}})
                    .result["problems"]
                    .empty());

        QVERIFY(peer.call("shutdown").ok);
        QVERIFY(peer.ended());
        QCOMPARE(peer.process.exitCode(), 0);
    }

    void keepsPatches()
    {
        Peer peer(m_dir);
        peer.greet();
        const std::string picture = m_dir.filePath("grey.png").toStdString();
        {
            const std::vector<std::uint8_t> png =
                attacks::patchPng(torch::full({1, 3, 5}, 0.5F), torch::ones({1, 3, 5}));
            std::ofstream(picture, std::ios::binary)
                .write(reinterpret_cast<const char*>(png.data()), std::streamsize(png.size()));
        }
        const Json asked = {{"path", picture}, {"name", "grey-1"}};
        const Reply kept = peer.call("patch.keep", asked);
        QVERIFY2(kept.ok, kept.error.c_str());
        QCOMPARE(kept.result["patch"]["width"].get<int>(), 5);
        QVERIFY(peer.call("patch.keep", asked).error.find("already") != std::string::npos);
        const Json listed = peer.call("catalogue").result["patches"];
        QCOMPARE(listed.size(), std::size_t(1));
        QCOMPARE(text(listed[0]["origin"]["path"]), text(Json(picture)));
        QVERIFY(!peer.call("patch.keep", {{"run", "none"}, {"artifact", "../x"}, {"name", "n"}}).ok);
        QVERIFY(peer.call("patch.remove", {{"name", "grey-1"}}).ok);
        QVERIFY(!peer.call("patch.remove", {{"name", "grey-1"}}).ok);
        QVERIFY(peer.call("catalogue").result["patches"].empty());
    }

    void runsOpensPreviewsAndDeletes()
    {
        Peer peer(m_dir);
        peer.greet();
        const std::string run = peer.startRun("test.count", {{"steps", 5}});
        QCOMPARE(peer.end().state, RunState::Finished);
        const auto live = peer.events;
        QVERIFY(std::holds_alternative<RunStarted>(live.front().event));
        for (std::size_t i = 0; i < live.size(); ++i)
            QCOMPARE(live[i].sequence, std::uint64_t(i));
        QVERIFY(!peer.notices.empty());

        const Reply preview = peer.call("preview", {{"run", run}, {"params", {{"factor", 2}}}});
        QVERIFY2(preview.ok, preview.error.c_str());
        QCOMPARE(peer.previews.size(), std::size_t(1));
        QCOMPARE(std::get<Figure>(peer.previews[0].event).name, std::string("line"));
        QVERIFY(peer.call("preview", {{"run", run}, {"params", {{"factor", 99}}}}).error.find("factor") !=
                std::string::npos);

        peer.events.clear();
        const Json opened = peer.call("run.open", {{"run", run}}).result;
        QCOMPARE(text(opened["notice"]), text(Json("")));
        QCOMPARE(text(opened["events"]), text(Json(peer.events.size())));
        QVERIFY(peer.events.size() <= live.size());
        QVERIFY(peer.events.front().replay);
        QVERIFY(std::holds_alternative<RunFinished>(peer.events.back().event));

        const Reply part = peer.call(
            "run.file", {{"run", run}, {"file", "tables/steps.csv"}, {"offset", 0}, {"length", 10}});
        QCOMPARE(std::string(part.bytes.begin(), part.bytes.end()), std::string("step,value"));
        QVERIFY(part.result["size"].get<int>() > 10);
        QVERIFY(!peer.call("run.file", {{"run", run}, {"file", "../x"}, {"offset", 0}, {"length", 1}}).ok);

        const Json runs = peer.call("runs").result["runs"];
        const auto isRun = [&](const Json& summary) { return summary["run"] == run; };
        QVERIFY(std::ranges::find_if(runs, isRun) != runs.end());
        QVERIFY(peer.call("run.delete", {{"run", run}}).ok);
        QVERIFY(!peer.call("run.open", {{"run", run}}).ok);
    }

    void opensATornRun()
    {
        Peer peer(m_dir);
        peer.greet();
        const std::string run = peer.startRun("test.count");
        peer.end();
        std::ofstream(m_dir.filePath("work/runs/").toStdString() + run + "/events.cbor",
                      std::ios::app | std::ios::binary)
            << std::string("\x40\0\0\0torn", 8);
        const Json opened = peer.call("run.open", {{"run", run}}).result;
        QVERIFY(opened["notice"].get<std::string>().find("torn off while it was written; its 8 bytes") !=
                std::string::npos);
    }

    void keepsPrintsOutOfTheProtocol()
    {
        Peer peer(m_dir);
        peer.greet();
        peer.startRun("test.print");
        const RunFinished end = peer.end(); // would have thrown on a byte that is no frame
        QCOMPARE(end.error, std::string());
        QCOMPARE(end.state, RunState::Finished);
        peer.process.closeWriteChannel();
        QVERIFY(peer.ended());
        const QByteArray printed = peer.process.readAllStandardError();
        for (const char* line : {"printed by printf", "printed by cout", "printed by write"})
            QVERIFY2(printed.contains(line), printed.constData());
    }

    void survivesAFailingStudy()
    {
        Peer peer(m_dir);
        peer.greet();
        peer.startRun("test.fail");
        QCOMPARE(peer.end().error, std::string("sample.csv: the sample is empty. Add at least one row."));
        QVERIFY(peer.call("runs").ok);
    }

    void keepsWhatACrashLeaves()
    {
        {
            Peer peer(m_dir);
            peer.greet();
            peer.startRun("test.crash"); // whether the reply still comes is a race
            QVERIFY(peer.ended());
            QCOMPARE(peer.process.exitStatus(), QProcess::CrashExit);
        }
        Peer peer(m_dir);
        peer.greet();
        const Json runs = peer.call("runs").result["runs"];
        const auto isCrash = [](const Json& summary) { return summary["study"] == "test.crash"; };
        const auto run = std::ranges::find_if(runs, isCrash);
        QVERIFY(run != runs.end());
        QCOMPARE(text((*run)["state"]), text(Json("failed")));
        QCOMPARE(text((*run)["error"]), text(Json("The engine ended before the run did.")));
        QVERIFY(peer.call("run.open", {{"run", (*run)["run"]}}).ok);
        const auto isLog = [](const LogLine& line) { return line.text == "about to crash"; };
        QVERIFY(peer.waitFor<LogLine>(isLog));
    }

    void cancelsTheRunWhenItsInputCloses()
    {
        Peer peer(m_dir);
        peer.greet();
        peer.startRun("test.slow");
        QVERIFY(peer.waitFor<LogLine>([](const LogLine&) { return true; }));
        peer.process.closeWriteChannel();
        QCOMPARE(peer.end().state, RunState::Cancelled); // the pipe out still delivers it
        QVERIFY(peer.ended());
        QCOMPARE(peer.process.exitCode(), 0);
    }

    void doesNotWaitForADeafStudy()
    {
        Peer peer(m_dir);
        peer.greet();
        peer.startRun("test.deaf");
        QVERIFY(peer.waitFor<LogLine>([](const LogLine&) { return true; }));
        QElapsedTimer timer;
        timer.start();
        peer.process.closeWriteChannel();
        QVERIFY(peer.ended());
        QCOMPARE(peer.process.exitStatus(), QProcess::NormalExit);
        QVERIFY2(timer.elapsed() < 15000, "about a second was promised; a busy machine gets fifteen");
    }

    void isSlowedByASlowReader()
    {
        Peer peer(m_dir);
        peer.process.setReadChannel(QProcess::StandardOutput);
        peer.greet();
        const std::string run = peer.startRun("test.flood");
        // QProcess reads as much as comes when it is let; here nobody lets it. The run's log on disk then
        // stops growing: the engine waits.
        const std::string log = m_dir.filePath("work/runs/").toStdString() + run + "/events.cbor";
        std::uintmax_t size = 0, before = 1;
        for (int quiet = 0; quiet < 5; quiet = size == before ? quiet + 1 : 0) {
            QThread::msleep(100); // nothing signals that nothing happens
            before = size;
            size = std::filesystem::file_size(log);
        }
        QVERIFY2(size < (40u << 20), qPrintable(QString::number(size)));
        // Cancelling does not wait behind what is not read.
        const auto cancel = peer.ask("run.cancel", {{"run", run}});
        peer.process.waitForBytesWritten(kLongMs);
        QVERIFY(peer.reply(cancel).ok);
        QCOMPARE(peer.end().state, RunState::Cancelled);
    }
};

QTEST_GUILESS_MAIN(TestServer)
#include "tst_server.moc"
