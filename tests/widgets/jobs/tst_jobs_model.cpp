#include "widgets/jobs/jobs_model.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

using namespace assay;
using namespace assay::protocol;
using namespace assay::widgets;

class TstJobsModel : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup();
    void showsARunningJobAndItsEnd();
    void endedJobsStandBehindNewOnes();
    void deathFailsTheJob();
    void clearsEnded();

private:
    void start(const char* what, const char* title);
    QString text(int row, int column) const { return m_model->index(row, column).data().toString(); }
    QString state(int row) const { return m_model->index(row, 0).data(JobsModel::StateRole).toString(); }
    std::unique_ptr<EngineClient> m_client;
    std::unique_ptr<JobsModel> m_model;
    std::unique_ptr<QAbstractItemModelTester> m_tester;
};

void TstJobsModel::init()
{
    m_client =
        std::make_unique<EngineClient>(EngineCommand{QStringLiteral(ASSAY_FAKE_ENGINE), {"normal", "serve"}});
    m_model = std::make_unique<JobsModel>(*m_client);
    m_tester = std::make_unique<QAbstractItemModelTester>(
        m_model.get(), QAbstractItemModelTester::FailureReportingMode::QtTest);
    m_client->start();
}

void TstJobsModel::cleanup()
{
    m_tester.reset();
    m_model.reset();
    m_client.reset();
}

void TstJobsModel::start(const char* what, const char* title)
{
    m_client->startRun({"fake.study", Json{{"do", what}}, 1, "cpu", title}, this, {});
}

void TstJobsModel::showsARunningJobAndItsEnd()
{
    start("wait", "Transfer A");
    QTRY_COMPARE(m_model->rowCount(), 1);
    QTRY_COMPARE(state(0), QStringLiteral("running"));
    QCOMPARE(text(0, JobsModel::TitleColumn), QStringLiteral("Transfer A"));
    QTRY_VERIFY(text(0, JobsModel::ProgressColumn).startsWith("Crafting · 25 %"));
    QCOMPARE(m_model->index(0, 0).data(JobsModel::FractionRole).toDouble(), 0.25);
    QVERIFY(m_model->current());
    QCOMPARE(m_model->activeCount(), 1);
    m_client->cancelRun(m_model->current()->run);
    QTRY_COMPARE(state(0), QStringLiteral("cancelled"));
    QCOMPARE(m_model->rowCount(), 1);
    QVERIFY(!m_model->current());
    QVERIFY(m_model->index(0, 0).data(JobsModel::FinalRole).toBool());
}

void TstJobsModel::endedJobsStandBehindNewOnes()
{
    start("finish", "First");
    QTRY_COMPARE(m_model->rowCount(), 1);
    QTRY_COMPARE(state(0), QStringLiteral("finished"));
    start("finish", "Second");
    QTRY_COMPARE(m_model->rowCount(), 2);
    QTRY_COMPARE(state(0), QStringLiteral("finished"));
    QCOMPARE(text(0, 0), QStringLiteral("Second")); // the latest first
    start("wait", "");
    QTRY_COMPARE(m_model->rowCount(), 3);
    QCOMPARE(text(0, 0), QStringLiteral("fake.study")); // without a title: the study
    QTRY_COMPARE(state(0), QStringLiteral("running"));
    QCOMPARE(state(2), QStringLiteral("finished"));
}

void TstJobsModel::deathFailsTheJob()
{
    start("die", "Transfer A");
    QTRY_COMPARE(m_model->rowCount(), 1);
    QTRY_COMPARE(state(0), QStringLiteral("failed"));
    QVERIFY(text(0, JobsModel::ProgressColumn)
                .startsWith("The engine ended (signal 9: killed) while running Transfer A."));
}

void TstJobsModel::clearsEnded()
{
    start("finish", "First");
    QTRY_COMPARE(m_model->rowCount(), 1);
    QTRY_COMPARE(state(0), QStringLiteral("finished"));
    start("wait", "Second");
    QTRY_COMPARE(m_model->rowCount(), 2);
    QSignalSpy changed(m_model.get(), &JobsModel::changed);
    m_model->clearEnded();
    QCOMPARE(m_model->rowCount(), 1);
    QCOMPARE(text(0, 0), QStringLiteral("Second"));
    QVERIFY(changed.count() >= 1);
    m_model->clearEnded();
    QCOMPARE(m_model->rowCount(), 1);
}

QTEST_GUILESS_MAIN(TstJobsModel)
#include "tst_jobs_model.moc"
