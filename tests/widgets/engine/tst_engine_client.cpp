#include "widgets/engine/engine_client.h"
#include "widgets/engine/json_read.h"

#include <QSignalSpy>
#include <QTest>

using namespace assay;
using namespace assay::protocol;
using assay::widgets::EngineClient;
using assay::widgets::RunRecord;

namespace {

RunSpec spec(const std::string& what)
{
    return {"fake.study", Json{{"do", what}}, 1, "cpu", "A test"};
}

double shownY(const RunRecord& record)
{
    return record.figures().at(0).value->layers.at(0).y.at(0);
}

} // namespace

class TstEngineClient : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup();
    void getsReadyAndAsksForTheLists();
    void sendsWhatWasAskedBeforeItWasReady();
    void answersErrors();
    void dropsHandlersOfDeadContexts();
    void runsAndCollects();
    void cancels();
    void replays();
    void keepsRecordsOnlyWhileHeld();
    void tellsOfTornAndMissingRuns();
    void putsFilesTogether();
    void saysWhichImagesAreMissing();
    void newerPreviewSupersedes();
    void passesOnWhatTheEngineSays();
    void skipsABrokenFrame();
    void stopsWithoutWaiting();

private:
    std::shared_ptr<RunRecord> start(const std::string& what);
    std::unique_ptr<EngineClient> m_client;
};

void TstEngineClient::init()
{
    m_client = std::make_unique<EngineClient>(
        widgets::EngineCommand{QStringLiteral(ASSAY_FAKE_ENGINE), {"normal", "serve"}});
    m_client->start();
}

void TstEngineClient::cleanup()
{
    m_client.reset();
}

/// The record is taken in the handler: a short run would have ended, and be replayed, a turn later.
std::shared_ptr<RunRecord> TstEngineClient::start(const std::string& what)
{
    std::shared_ptr<RunRecord> record;
    m_client->startRun(spec(what), this, [&](const Reply& reply) {
        record = m_client->record(widgets::textOf(reply.result, "run"));
    });
    [&] { QTRY_VERIFY(record); }();
    return record;
}

void TstEngineClient::getsReadyAndAsksForTheLists()
{
    QCOMPARE(m_client->state(), EngineClient::State::Starting);
    QTRY_COMPARE(m_client->state(), EngineClient::State::Ready);
    QVERIFY(m_client->problem().isEmpty());
    QVERIFY(m_client->processId() > 0);
    QTRY_VERIFY(m_client->catalogue().contains("studies"));
    QTRY_COMPARE(m_client->runs().size(), std::size_t(1));
}

void TstEngineClient::sendsWhatWasAskedBeforeItWasReady()
{
    bool answered = false;
    m_client->request("say", Json::object(), this, [&](const Reply& reply) { answered = reply.ok; });
    QTRY_VERIFY(answered);
}

void TstEngineClient::answersErrors()
{
    QString error;
    m_client->request("dance", Json::object(), this,
                      [&](const Reply& reply) { error = QString::fromStdString(reply.error); });
    QTRY_COMPARE(error, QStringLiteral("There is no method 'dance'."));
}

void TstEngineClient::dropsHandlersOfDeadContexts()
{
    bool called = false;
    bool later = false;
    auto context = std::make_unique<QObject>();
    m_client->request("say", Json::object(), context.get(), [&](const Reply&) { called = true; });
    context.reset();
    m_client->request("say", Json::object(), this, [&](const Reply&) { later = true; });
    QTRY_VERIFY(later);
    QVERIFY(!called);
}

void TstEngineClient::runsAndCollects()
{
    QSignalSpy jobs(m_client.get(), &EngineClient::jobsChanged);
    const auto record = start("finish");
    QTRY_COMPARE(record->state(), RunState::Finished);
    QCOMPARE(record->spec().title, std::string("A test"));
    QCOMPARE(record->figures().size(), 1u);
    QCOMPARE(record->metrics().at(0).name, std::string("accuracy"));
    QCOMPARE(record->log().at(0).text, std::string("hello from the run"));
    QTRY_COMPARE(jobs.count(), 2); // came and went
    QVERIFY(m_client->jobs().empty());
}

void TstEngineClient::cancels()
{
    const auto record = start("wait");
    QTRY_COMPARE(record->state(), RunState::Running);
    QTRY_COMPARE(m_client->jobs().size(), std::size_t(1));
    m_client->cancelRun(record->id());
    QTRY_COMPARE(record->state(), RunState::Cancelled);
    QTRY_VERIFY(m_client->jobs().empty());
}

void TstEngineClient::replays()
{
    QSignalSpy finished(m_client.get(), &EngineClient::replayFinished);
    const auto record = m_client->record("old");
    QCOMPARE(m_client->record("old"), record); // shared
    QTRY_COMPARE(finished.count(), 1);
    QCOMPARE(record->state(), RunState::Finished);
    QCOMPARE(record->spec().seed, 3u);
    QCOMPARE(shownY(*record), 5.0);
    QCOMPARE(record->grids().size(), 2u); // images included: the replay ends after them
    QCOMPARE(record->grids()[1].value->count(), 5u);
}

void TstEngineClient::keepsRecordsOnlyWhileHeld()
{
    QSignalSpy finished(m_client.get(), &EngineClient::replayFinished);
    const std::weak_ptr<RunRecord> watched = m_client->record("old"); // held by its replay
    QTRY_COMPARE(finished.count(), 1);
    QVERIFY(watched.expired());
    const auto again = m_client->record("old");
    QTRY_COMPARE(finished.count(), 2);
    QCOMPARE(again->grids()[1].value->count(), 5u);
}

void TstEngineClient::tellsOfTornAndMissingRuns()
{
    QSignalSpy finished(m_client.get(), &EngineClient::replayFinished);
    const auto torn = m_client->record("torn");
    QTRY_COMPARE(finished.count(), 1);
    QCOMPARE(finished.at(0).at(1).toString(), QStringLiteral("A torn tail was dropped."));
    const auto unfinished = m_client->record("unfinished");
    QTRY_COMPARE(finished.count(), 2);
    QCOMPARE(unfinished->state(), RunState::Failed);
    QCOMPARE(unfinished->error(),
             QStringLiteral("This run was interrupted: what it had sent is here, but not its "
                            "end. Run it again to complete it."));
    const auto none = m_client->record("none");
    QTRY_COMPARE(finished.count(), 3);
    QCOMPARE(none->state(), RunState::Failed);
    QCOMPARE(none->error(), QStringLiteral("There is no run 'none'."));
}

void TstEngineClient::putsFilesTogether()
{
    const auto record = start("file");
    QStringList order;
    connect(record.get(), &RunRecord::gridChanged, this, [&](const QString& name) { order << name; });
    connect(record.get(), &RunRecord::figureChanged, this, [&](const QString& name) { order << name; });
    QVERIFY(record->grids().empty()); // its pieces are on their way
    QTRY_COMPARE(record->state(), RunState::Finished);
    const ImageGrid& grid = *record->grids().at(0).value;
    QCOMPARE(grid.pixels.size(), std::size_t(9000 * 784)); // two pieces
    QVERIFY(grid.file.empty());
    for (std::size_t i = 0; i < grid.pixels.size(); ++i)
        QCOMPARE(std::size_t(grid.pixels[i]), i % 251);
    QVERIFY(order.indexOf("stored") < order.indexOf("after")); // nothing overtakes it
}

void TstEngineClient::saysWhichImagesAreMissing()
{
    const auto record = start("missing-file");
    QTRY_COMPARE(record->state(), RunState::Finished);
    QVERIFY(record->grids().empty());
    QCOMPARE(record->log().back().text,
             std::string("The images of 'stored' could not be read. images/none.bin: no such file."));
    QCOMPARE(record->figures().size(), 2u);
}

void TstEngineClient::newerPreviewSupersedes()
{
    QSignalSpy finished(m_client.get(), &EngineClient::replayFinished);
    const auto record = m_client->record("old");
    QTRY_COMPARE(finished.count(), 1);
    std::vector<double> shown;
    connect(record.get(), &RunRecord::figureChanged, this, [&](const QString& name) {
        if (name == "bars")
            shown.push_back(shownY(*record));
    });
    m_client->preview("old", Json{{"y", 10.0}, {"delay", 400}});
    m_client->preview("old", Json{{"y", 11.0}, {"delay", 0}});
    m_client->preview("old", Json{{"y", 12.0}, {"delay", 0}}); // waits instead of 11, then interrupts 10
    QTRY_COMPARE(shown.size(), 1u);
    QTest::qWait(50); // the late frame of the interrupted one has arrived by now
    QCOMPARE(shown, (std::vector<double>{12.0}));
    m_client->endPreview("old");
    QCOMPARE(shownY(*record), 5.0);
    QCOMPARE(record->figures().size(), 1u);
}

void TstEngineClient::passesOnWhatTheEngineSays()
{
    QSignalSpy log(m_client.get(), &EngineClient::logReceived);
    m_client->request("say", Json::object(), this, {});
    QTRY_COMPARE(log.count(), 2);
    QStringList all;
    for (const auto& entry : log)
        all << entry.at(0).toString() + ": " + entry.at(1).toString();
    all.sort();
    QCOMPARE(all, (QStringList{"info: said", "warning: warning: the disk is nearly full"}));
}

void TstEngineClient::skipsABrokenFrame()
{
    QSignalSpy log(m_client.get(), &EngineClient::logReceived);
    const auto record = start("bad-frame");
    QTRY_COMPARE(record->state(), RunState::Finished);
    QCOMPARE(log.count(), 1);
    QVERIFY(log.at(0).at(1).toString().startsWith("A message of the engine could not be read: "));
}

void TstEngineClient::stopsWithoutWaiting()
{
    QTRY_COMPARE(m_client->state(), EngineClient::State::Ready);
    const auto record = start("wait");
    QElapsedTimer clock;
    clock.start();
    m_client->stop();
    QVERIFY(clock.elapsed() < 200);
    QCOMPARE(m_client->state(), EngineClient::State::Stopped);
    QCOMPARE(record->state(), RunState::Failed);
    m_client->start(); // at once, while the old one ends
    QTRY_COMPARE(m_client->state(), EngineClient::State::Ready);
}

QTEST_GUILESS_MAIN(TstEngineClient)
#include "tst_engine_client.moc"
