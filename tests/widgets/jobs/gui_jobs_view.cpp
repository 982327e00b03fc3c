#include "widgets/engine/engine_client.h"
#include "widgets/jobs/job_delegate.h"
#include "widgets/jobs/jobs_model.h"
#include "widgets/jobs/jobs_view.h"
#include "widgets/jobs/log_model.h"
#include "widgets/jobs/log_view.h"
#include "widgets/jobs/status_strip.h"

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QDir>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QProgressBar>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>
#include <QTreeView>

using namespace assay;
using namespace assay::protocol;
using namespace assay::widgets;

class GuiJobsView : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup();
    void saysThatNothingRan();
    void crossCancels();
    void keysCancelAndOpen();
    void doubleClickOpens();
    void stripShowsAndCancels();
    void logFiltersAndCopies();
    void screenshots();

private:
    void start(const char* what, const char* title);
    void untilRunning();
    std::unique_ptr<EngineClient> m_client;
    std::unique_ptr<JobsView> m_view;
    QListView* m_list = nullptr;
};

void GuiJobsView::init()
{
    Theme::light().apply();
    m_client =
        std::make_unique<EngineClient>(EngineCommand{QStringLiteral(ASSAY_FAKE_ENGINE), {"normal", "serve"}});
    m_view = std::make_unique<JobsView>(m_client.get());
    m_view->setTheme(Theme::light());
    m_view->resize(420, 320);
    m_view->show();
    m_list = m_view->findChild<QListView*>("jobsList");
    m_client->start();
}

void GuiJobsView::cleanup()
{
    m_view.reset();
    m_client.reset();
}

void GuiJobsView::start(const char* what, const char* title)
{
    m_client->startRun({"fake.study", Json{{"do", what}}, 1, "cpu", title}, this, {});
}

void GuiJobsView::untilRunning()
{
    QTRY_VERIFY(m_view->model()->current());
    QTRY_VERIFY(m_view->model()->current()->progress.total > 0);
    QTRY_VERIFY(!m_list->visualRect(m_view->model()->index(0, 0)).isEmpty());
}

void GuiJobsView::saysThatNothingRan()
{
    QVERIFY(m_view->findChild<QLabel*>("jobsEmpty")->isVisible());
    QVERIFY(!m_list->isVisible());
    start("finish", "A");
    QTRY_VERIFY(m_list->isVisible());
    QVERIFY(!m_view->findChild<QLabel*>("jobsEmpty")->isVisible());
    auto* clear = m_view->findChild<QPushButton*>("jobsClear");
    QTRY_VERIFY(clear->isEnabled());
    QTest::mouseClick(clear, Qt::LeftButton);
    QVERIFY(m_view->findChild<QLabel*>("jobsEmpty")->isVisible());
}

void GuiJobsView::crossCancels()
{
    start("wait", "Transfer A");
    untilRunning();
    QStyleOptionViewItem option;
    option.initFrom(m_list);
    option.rect = m_list->visualRect(m_view->model()->index(0, 0));
    QTest::mouseClick(m_list->viewport(), Qt::LeftButton, {}, JobDelegate::cancelRect(option).center());
    QTRY_COMPARE(m_view->model()->index(0, 0).data(JobsModel::StateRole).toString(),
                 QStringLiteral("cancelled"));
}

void GuiJobsView::keysCancelAndOpen()
{
    QSignalSpy open(m_view.get(), &JobsView::openRequested);
    start("wait", "Transfer A");
    untilRunning();
    m_list->setCurrentIndex(m_view->model()->index(0, 0));
    QTest::keyClick(m_list, Qt::Key_Return);
    QCOMPARE(open.count(), 1);
    QCOMPARE(open.at(0).at(0).toString(), m_view->model()->current()->run);
    QVERIFY(m_view->findChild<QPushButton*>("jobsCancel")->isEnabled());
    QTest::keyClick(m_list, Qt::Key_Delete);
    QTRY_VERIFY(!m_view->model()->current());
    QTRY_VERIFY(!m_view->findChild<QPushButton*>("jobsCancel")->isEnabled());
}

void GuiJobsView::doubleClickOpens()
{
    QSignalSpy open(m_view.get(), &JobsView::openRequested);
    start("finish", "A");
    QTRY_COMPARE(m_view->model()->rowCount(), 1);
    QTRY_VERIFY(!m_list->visualRect(m_view->model()->index(0, 0)).isEmpty());
    const QPoint at = m_list->visualRect(m_view->model()->index(0, 0)).center();
    QTest::mouseClick(m_list->viewport(), Qt::LeftButton, {}, at);
    QTest::mouseDClick(m_list->viewport(), Qt::LeftButton, {}, at);
    QCOMPARE(open.count(), 1);
}

void GuiJobsView::stripShowsAndCancels()
{
    StatusStrip strip(*m_client, *m_view->model());
    strip.setTheme(Theme::light());
    QSignalSpy activated(&strip, &StatusStrip::activated);
    QVERIFY(!strip.isVisible());
    start("wait", "Transfer A");
    untilRunning();
    QTRY_VERIFY(strip.isVisible());
    QVERIFY(strip.findChild<QLabel*>("statusText")->text().startsWith("Transfer A"));
    QCOMPARE(strip.findChild<QProgressBar*>("statusBar")->value(), 250);
    QTest::mouseClick(&strip, Qt::LeftButton, {}, QPoint(3, 3));
    QCOMPARE(activated.count(), 1);
    QTest::mouseClick(strip.findChild<QToolButton*>("statusCancel"), Qt::LeftButton);
    QTRY_VERIFY(!strip.isVisible());
}

void GuiJobsView::logFiltersAndCopies()
{
    LogView log(m_client.get());
    log.resize(500, 200);
    log.show();
    const QDateTime time(QDate(2026, 1, 2), QTime(3, 4, 5));
    log.model()->add(LogLevel::Debug, "hidden at first", time);
    log.model()->add(LogLevel::Info, "model loaded", time);
    log.model()->add(LogLevel::Warning, "disk nearly full", time);
    auto* lines = log.findChild<QTreeView*>("logLines");
    QTRY_COMPARE(lines->model()->rowCount(), 2);
    QTest::mouseClick(log.findChild<QToolButton*>("logCopy"), Qt::LeftButton);
    QCOMPARE(QApplication::clipboard()->text(),
             QStringLiteral("03:04:05 info: model loaded\n03:04:05 warning: disk nearly full"));
    lines->setCurrentIndex(lines->model()->index(1, 0));
    QCOMPARE(log.selectedText(), QStringLiteral("03:04:05 warning: disk nearly full"));
    QTest::keyClicks(log.findChild<QLineEdit*>("logWords"), "loaded");
    QCOMPARE(lines->model()->rowCount(), 1);
    log.findChild<QLineEdit*>("logWords")->clear();
    log.findChild<QComboBox*>("logLevel")->setCurrentIndex(0);
    QCOMPARE(lines->model()->rowCount(), 3);
    m_client->request("say", Json::object(), this, {});
    QTRY_COMPARE(lines->model()->rowCount(), 5); // a notice and a line of standard error
    QTest::mouseClick(log.findChild<QToolButton*>("logClear"), Qt::LeftButton);
    QCOMPARE(lines->model()->rowCount(), 0);
}

void GuiJobsView::screenshots()
{
    const QString folder = QStringLiteral(ASSAY_TEST_BUILD_DIR "/screenshots/");
    QVERIFY(QDir().mkpath(folder));
    start("finish", "Class-aware transferability, all pairs");
    QTRY_VERIFY(m_view->model()->rowCount() == 1 && m_view->model()->activeCount() == 0);
    start("die", "A run that takes the engine down");
    QTRY_VERIFY(m_view->model()->rowCount() == 2 && m_view->model()->activeCount() == 0);
    QTRY_COMPARE(m_client->state(), EngineClient::State::Ready);
    start("wait", "Non-robust features from the reference CNN");
    untilRunning();
    StatusStrip strip(*m_client, *m_view->model());
    LogView log(m_client.get());
    log.resize(560, 180);
    for (const char* line :
         {"Workspace opened", "Model cnn loaded (0.1 M parameters)", "Plugin transfer 0.1.0 loaded"})
        log.model()->add(LogLevel::Info, line);
    log.model()->add(LogLevel::Warning, "The last frame of run 2026-01-02 was torn and is dropped");
    log.model()->add(LogLevel::Error, "The engine ended (signal 9: killed). It is being restarted.");
    for (int i = 0; i < 4; ++i)
        log.model()->add(LogLevel::Info, "Asked for the catalogue");
    log.show();
    QTRY_COMPARE(log.findChild<QTreeView*>("logLines")->model()->rowCount(), 6);
    for (const Theme& theme : {Theme::light(), Theme::dark()}) {
        theme.apply();
        m_view->setTheme(theme);
        strip.setTheme(theme);
        log.setTheme(theme);
        const QString kind = theme.isDark() ? "dark" : "light";
        QVERIFY(m_view->grab().save(folder + "jobs-" + kind + ".png"));
        QVERIFY(strip.grab().save(folder + "status-" + kind + ".png"));
        QVERIFY(log.grab().save(folder + "log-" + kind + ".png"));
    }
}

QTEST_MAIN(GuiJobsView)
#include "gui_jobs_view.moc"
