#include "window_driver.h"

#include "app/workbench/shell/document_tabs.h"
#include "app/workbench/shell/notice_bar.h"
#include "widgets/engine/run_record.h"
#include "widgets/studies/study_document.h"

#include <QFile>
#include <QPushButton>
#include <QTest>

#include <csignal>

using namespace assay;
using namespace assay::test;
using widgets::EngineClient;

/// What goes wrong is said in a sentence, and nothing that had arrived is lost.
class GuiFaults : public QObject
{
    Q_OBJECT
    static QString said(WindowDriver& driver)
    {
        return driver.window().notices().sentences().join(QLatin1Char('\n'));
    }

private Q_SLOTS:
    void anEngineThatDiesInMidRunIsStartedAgain()
    {
        WindowDriver driver;
        QVERIFY(driver.waitForCatalogue());
        widgets::StudyDocument* document = driver.smallStudy();
        protocol::RunSpec spec = document->spec();
        spec.params["count"] = 2000;
        spec.params["steps"] = 200;
        driver.window().tabs().closeCurrent();
        document = driver.window().tabs().addDocument(spec);
        QTRY_VERIFY(driver.find<QPushButton>("runButton", document)->isEnabled());
        document->run();
        QTRY_VERIFY_WITH_TIMEOUT(document->record() && !document->record()->metrics().empty(), 120000);
        const qint64 killed = driver.window().engine().processId();
        QVERIFY(killed > 0);
        ::kill(pid_t(killed), SIGKILL);
        QTRY_VERIFY_WITH_TIMEOUT(document->record()->state() == protocol::RunState::Failed, 10000);
        QVERIFY(!document->record()->error().isEmpty());
        QVERIFY(!document->record()->metrics().empty());
        QVERIFY(!said(driver).isEmpty());
        QTRY_VERIFY_WITH_TIMEOUT(driver.window().engine().state() == EngineClient::State::Ready, 60000);
        QVERIFY(driver.window().engine().processId() != killed);

        // The broken run opens, and the study runs again.
        const QString run = document->runId();
        driver.reopen();
        QVERIFY(driver.waitForCatalogue());
        document = driver.window().tabs().openRun(run, "transfer.class-aware");
        QTRY_VERIFY_WITH_TIMEOUT(
            document->record() && document->record()->state() == protocol::RunState::Failed, 30000);
        QTRY_VERIFY_WITH_TIMEOUT(!document->record()->metrics().empty(), 30000);
        QVERIFY(driver.run(driver.smallStudy()));
    }

    void aRunCanBeCancelled()
    {
        WindowDriver driver;
        QVERIFY(driver.waitForCatalogue());
        protocol::RunSpec spec;
        spec.study = "transfer.class-aware";
        spec.params = {{"steps", 500}};
        widgets::StudyDocument* document = driver.window().tabs().addDocument(spec);
        QTRY_VERIFY(driver.find<QPushButton>("runButton", document)->isEnabled());
        document->run();
        QTRY_VERIFY_WITH_TIMEOUT(
            document->record() && document->record()->state() == protocol::RunState::Running, 60000);
        QTest::mouseClick(driver.find<QPushButton>("cancelButton", document), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(document->record()->state() == protocol::RunState::Cancelled, 30000);
        QTRY_VERIFY(driver.find<QPushButton>("runButton", document)->isEnabled());
    }

    void aTornEventFileOpensWithANotice()
    {
        WindowDriver driver;
        QVERIFY(driver.waitForCatalogue());
        widgets::StudyDocument* document = driver.smallStudy();
        QVERIFY(driver.run(document));
        const QString run = document->runId();
        const std::size_t figures = document->record()->figures().size();
        driver.window().tabs().closeCurrent();
        driver.close();
        QFile events(driver.workspace() + "/runs/" + run + "/events.cbor");
        QVERIFY(events.resize(events.size() - 7));
        driver.reopen();
        QVERIFY(driver.waitForCatalogue());
        document = driver.window().tabs().openRun(run, "transfer.class-aware");
        QTRY_COMPARE_WITH_TIMEOUT(document->record()->figures().size(), figures, 30000);
        QTRY_VERIFY(!said(driver).isEmpty());
    }

    void anEngineThatCannotBeStartedIsSaid()
    {
        QTemporaryDir folder;
        AnsweringDialogs dialogs;
        workbench::WindowOptions options;
        options.workspace = folder.filePath("w");
        options.engine = {folder.filePath("nowhere/assay-cli"), {"serve"}};
        options.preferences = folder.filePath("p.json");
        workbench::MainWindow window(options, dialogs);
        window.show();
        QTRY_VERIFY_WITH_TIMEOUT(
            window.notices().sentences().join(QString()).contains(folder.filePath("nowhere/assay-cli")),
            60000);
    }
};

QTEST_MAIN(GuiFaults)
#include "gui_faults.moc"
