#include "widgets/engine/stall_meter.h"

#include <QSignalSpy>
#include <QTest>
#include <QThread>

using assay::widgets::StallMeter;

class TstStallMeter : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void measuresAStall();
    void countsHeartbeats();
    void seesAStallThatStillLasts();
    void forgets();
};

void TstStallMeter::measuresAStall()
{
    StallMeter meter;
    QSignalSpy stalled(&meter, &StallMeter::stalled);
    meter.start(1);
    QTRY_VERIFY(meter.heartbeats() > 5);
    QThread::msleep(150);
    QTRY_VERIFY(stalled.count() >= 1);
    QVERIFY(meter.longestMs() >= 140);
    QVERIFY(meter.longestMs() < 2000);
    QVERIFY(meter.countAbove(100) >= 1);
}

void TstStallMeter::countsHeartbeats()
{
    StallMeter meter;
    QCOMPARE(meter.medianMs(), 0.0);
    meter.start(1);
    QTRY_VERIFY(meter.heartbeats() > 20);
    QVERIFY(meter.isRunning());
    meter.stop();
    QVERIFY(!meter.isRunning());
    QVERIFY(meter.medianMs() > 0);
    QVERIFY(meter.medianMs() <= meter.quantileMs(0.99));
    QVERIFY(meter.quantileMs(1) <= meter.longestMs() + 1e-9);
}

void TstStallMeter::seesAStallThatStillLasts()
{
    StallMeter meter;
    meter.start(1);
    QTRY_VERIFY(meter.heartbeats() > 2);
    QThread::msleep(100);
    QVERIFY(meter.longestMs() >= 90); // its heartbeat has not been delivered yet
}

void TstStallMeter::forgets()
{
    StallMeter meter;
    meter.start(1);
    QTRY_VERIFY(meter.heartbeats() > 2);
    QThread::msleep(200);
    QTRY_VERIFY(meter.countAbove(100) >= 1);
    meter.reset();
    QVERIFY(meter.longestMs() < 150);
    QTRY_VERIFY(meter.heartbeats() > 2);
}

QTEST_GUILESS_MAIN(TstStallMeter)
#include "tst_stall_meter.moc"
