#include "widgets/jobs/duration_text.h"
#include "widgets/jobs/job_entry.h"

#include <QLocale>
#include <QTest>

#include <cmath>

using namespace assay::protocol;
using namespace assay::widgets;

class TstJobEntry : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QLocale::setDefault(QLocale::c()); }
    void durations_data();
    void durations();
    void rates();
    void paceFollowsTheLastHalfMinute();
    void paceStartsOverWithAStage();
    void describesItself();
};

void TstJobEntry::durations_data()
{
    QTest::addColumn<double>("seconds");
    QTest::addColumn<QString>("text");
    QTest::newRow("none") << 0.2 << "0 s";
    QTest::newRow("seconds") << 59.4 << "59 s";
    QTest::newRow("minutes") << 200.0 << "3 min 20 s";
    QTest::newRow("many minutes") << 1810.0 << "30 min";
    QTest::newRow("hours") << 7500.0 << "2 h 5 min";
    QTest::newRow("days") << 200000.0 << "2 d 7 h";
    QTest::newRow("negative") << -1.0 << "";
    QTest::newRow("not a number") << std::nan("") << "";
}

void TstJobEntry::durations()
{
    QFETCH(double, seconds);
    QFETCH(QString, text);
    QCOMPARE(durationText(seconds), text);
}

void TstJobEntry::rates()
{
    QCOMPARE(rateText(310.4, "image"), QStringLiteral("310 images/s"));
    QCOMPARE(rateText(2.34, "step"), QStringLiteral("2.3 steps/s"));
    QCOMPARE(rateText(1 / 15.0, "epoch"), QStringLiteral("15 s per epoch"));
    QCOMPARE(rateText(2310, ""), QStringLiteral("2310/s"));
    QCOMPARE(rateText(0.05, ""), QStringLiteral("20 s each"));
    QCOMPARE(rateText(0, "step"), QString());
    QCOMPARE(unitOfStage("Crafting images on cnn"), QStringLiteral("image"));
    QCOMPARE(unitOfStage("Training"), QString());
}

void TstJobEntry::paceFollowsTheLastHalfMinute()
{
    PaceMeter pace;
    QCOMPARE(pace.secondsLeft(), -1.0);
    for (int s = 0; s <= 100; ++s) // ten a second, then twenty
        pace.add({"Crafting", s <= 50 ? s * 10.0 : 500 + (s - 50) * 20.0, 3000, double(s)});
    QVERIFY(std::abs(pace.perSecond() - 20) < 0.7);
    QVERIFY(std::abs(pace.secondsLeft() - 75) < 3);
}

void TstJobEntry::paceStartsOverWithAStage()
{
    PaceMeter pace;
    pace.add({"A", 100, 100, 10});
    QCOMPARE(pace.perSecond(), 10.0); // one report: all of the stage so far
    pace.add({"B", 0, 50, 0});
    QCOMPARE(pace.perSecond(), 0.0);
    QCOMPARE(pace.secondsLeft(), -1.0);
    pace.add({"B", 5, 50, 5});
    QCOMPARE(pace.perSecond(), 1.0);
    QCOMPARE(pace.secondsLeft(), 45.0);
    pace.add({"B", 6, 0, 6}); // a total that becomes unknown
    QCOMPARE(pace.secondsLeft(), -1.0);
}

void TstJobEntry::describesItself()
{
    JobEntry job;
    QCOMPARE(job.detail(), QStringLiteral("waiting"));
    QCOMPARE(job.fraction(), 0.0);
    job.state = RunState::Running;
    job.progress = {"Crafting images", 450, 1000, 10};
    job.pace.add(job.progress);
    QCOMPARE(job.detail(), QStringLiteral("Crafting images · 45 % · 45 images/s · 12 s left"));
    job.progress.total = 0;
    QCOMPARE(job.fraction(), -1.0);
    job.state = RunState::Failed;
    job.error = "It broke.";
    QCOMPARE(job.detail(), QStringLiteral("It broke."));
    job.state = RunState::Finished;
    QCOMPARE(job.fraction(), 1.0);
}

QTEST_GUILESS_MAIN(TstJobEntry)
#include "tst_job_entry.moc"
