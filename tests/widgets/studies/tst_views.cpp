#include "widgets/studies/metric_layout.h"
#include "widgets/studies/metrics_strip.h"
#include "widgets/studies/run_header.h"
#include "widgets/studies/selection_link.h"

#include <QLabel>
#include <QLocale>
#include <QSignalSpy>
#include <QTest>

using namespace assay;
using namespace assay::widgets;

class TestViews : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates)); }

    void aFollowingViewMirrorsTheWorkspaceBothWays()
    {
        Selection shared;
        SelectionLink link(shared, nullptr);
        QSignalSpy own(link.own(), &Selection::changed);
        shared.set({3, 4}, this, "different mistakes", 4);
        QCOMPARE(link.own()->ids(), QVector<qint64>({3, 4}));
        QCOMPARE(link.own()->primary(), 4);
        QCOMPARE(link.own()->reason(), QString("different mistakes"));
        QCOMPARE(own.count(), 1);
        link.own()->set({9}, this);
        QCOMPARE(shared.ids(), QVector<qint64>({9}));
        QCOMPARE(own.count(), 2);
    }

    void aPinnedViewKeepsItsSelection()
    {
        Selection shared;
        SelectionLink link(shared, nullptr);
        shared.set({1}, this);
        link.setPinned(true);
        shared.set({2}, this);
        QCOMPARE(link.own()->ids(), QVector<qint64>({1}));
        link.own()->set({5}, this);
        QCOMPARE(shared.ids(), QVector<qint64>({2}));
        link.setPinned(false);
        QCOMPARE(link.own()->ids(), QVector<qint64>({2}));
    }

    void metricsReadAsRatesWithTheirDenominator()
    {
        protocol::Metric metric;
        metric.name = "accuracy.fashion-cnn";
        metric.value = 0.913;
        metric.rateOf = "test images";
        metric.count = 913;
        metric.denominator = 1000;
        metric.low = 0.894;
        metric.high = 0.929;
        const MetricText text = metricText(metric, [](const QString& name) {
            return name == "fashion-cnn" ? QString("Fashion CNN") : QString();
        });
        QCOMPARE(text.name, QString("Accuracy · Fashion CNN"));
        QCOMPARE(text.value, QString("91.3") + QChar(0x202f) + QString("%"));
        QCOMPARE(text.interval, QString("89.4 – 92.9"));
        QCOMPARE(text.counts, QString("913 of 1,000 test images"));

        protocol::Metric plain;
        plain.name = "source_success";
        plain.value = 3;
        QCOMPARE(metricText(plain, {}).name, QString("Source success"));
        QCOMPARE(metricText(plain, {}).value, QString("3"));
    }

    void abbreviationsKeepTheirCapitals_data()
    {
        QTest::addColumn<QString>("shown");
        QTest::newRow("smece") << "smECE";
        QTest::newRow("auroc") << "AUROC";
        QTest::newRow("aurc") << "AURC";
        QTest::newRow("mce") << "MCE";
        QTest::newRow("ks") << "KS";
        QTest::newRow("ece_equal_mass") << "ECE equal mass";
        QTest::newRow("calibrated_smece_clean") << "Calibrated smECE clean";
        QTest::newRow("smece.fashion-cnn") << "smECE · fashion-cnn";
    }
    void abbreviationsKeepTheirCapitals()
    {
        QFETCH(QString, shown);
        protocol::Metric metric;
        metric.name = QTest::currentDataTag();
        QCOMPARE(metricText(metric, {}).name, shown);
    }

    void progressSaysRateAndTimeLeft()
    {
        protocol::Progress progress{"Attacking", 320, 1000, 4};
        QCOMPARE(progressText(progress), QString("Attacking · 320 of 1,000 · 80 per second · 9 s left"));
        QCOMPARE(progressText({"Loading", 0, 0, 0}), QString("Loading"));
    }

    void flowHidesWhatDoesNotFitInItsRows()
    {
        QWidget page;
        auto* flow = new MetricLayout(100, 10, &page);
        for (int i = 0; i < 5; ++i)
            flow->addWidget(new QLabel(QString::number(i), &page));
        page.resize(330, 200);
        flow->setGeometry(QRect(0, 0, 330, 200));
        QCOMPARE(flow->hiddenItems(), 0);
        flow->setMaxRows(1);
        flow->setGeometry(QRect(0, 0, 330, 200));
        QCOMPARE(flow->hiddenItems(), 2);
        QVERIFY(flow->heightForWidth(330) < flow->heightForWidth(110) + 1);
    }
};

QTEST_MAIN(TestViews)
#include "tst_views.moc"
