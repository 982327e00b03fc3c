#include "widgets/figures/log_ticks.h"

#include <QLocale>
#include <QTest>

using assay::widgets::LogTicks;

class TestLogTicks : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void ticksAreRoundNumbers_data()
    {
        QTest::addColumn<double>("low");
        QTest::addColumn<double>("high");
        QTest::addColumn<QVector<double>>("expected");
        QTest::newRow("less than a decade") << 0.4 << 3.0 << QVector<double>{0.5, 1, 2};
        QTest::newRow("between two powers") << 1.5 << 8.0 << QVector<double>{2, 5};
        QTest::newRow("a decade, both ends on it") << 1.0 << 10.0 << QVector<double>{1, 2, 5, 10};
        QTest::newRow("two decades") << 0.09 << 11.0 << QVector<double>{0.1, 0.2, 0.5, 1, 2, 5, 10};
        QTest::newRow("small numbers") << 1.2e-7 << 1.1e-6 << QVector<double>{2e-7, 5e-7, 1e-6};
        QTest::newRow("many decades") << 0.9 << 1100.0 << QVector<double>{1, 10, 100, 1000};
    }
    void ticksAreRoundNumbers()
    {
        QFETCH(double, low);
        QFETCH(double, high);
        QFETCH(QVector<double>, expected);
        LogTicks ticker;
        QVector<double> ticks;
        QVector<QString> labels;
        ticker.generate(QCPRange(low, high), QLocale::c(), 'g', 4, ticks, nullptr, &labels);
        QCOMPARE(ticks.size(), expected.size());
        for (qsizetype i = 0; i < ticks.size(); ++i)
            QVERIFY2(qFuzzyCompare(ticks[i], expected[i]), qPrintable(QString::number(ticks[i])));
        QCOMPARE(labels.size(), ticks.size());
    }

    /// A range that was never set, or was dragged below nothing, gives none, and ends.
    void noLogarithmNoTicks()
    {
        LogTicks ticker;
        for (const QCPRange& range : {QCPRange(0, 5), QCPRange(-1, 5)}) {
            QVector<double> ticks;
            ticker.generate(range, QLocale::c(), 'g', 4, ticks, nullptr, nullptr);
            QVERIFY(ticks.isEmpty());
        }
    }
};

QTEST_GUILESS_MAIN(TestLogTicks)
#include "tst_log_ticks.moc"
