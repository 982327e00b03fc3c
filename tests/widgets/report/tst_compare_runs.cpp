#include "compared_runs.h"

#include "widgets/engine/run_record.h"
#include "widgets/report/comparison/compare_runs.h"
#include "widgets/report/comparison/proportion_difference.h"

#include <QTest>

#include <cmath>

using namespace assay;
using namespace assay::widgets;
using namespace assay::test;

class CompareRunsTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void intervalsArePublished_data();
    void intervalsArePublished();
    void intervalIsMirrored();
    void parametersThatDifferAreListed();
    void nestedAndAbsentParameters();
    void equalRunsSaySo();
    void changedInputsAreNamed();
    void metricsHaveDeltasAndIntervals();
    void metricsThatAreNoSharesHaveNoInterval();
    void ratesOfOtherThingsHaveNoDifference();
    void missingRunsAreNamed();
    void threeRunsStandBesideEachOther();

private:
    static QStringList texts(const protocol::Column& column)
    {
        QStringList all;
        for (const std::string& text : column.texts)
            all << QString::fromStdString(text);
        return all;
    }
};

void CompareRunsTest::intervalsArePublished_data()
{
    QTest::addColumn<double>("a");
    QTest::addColumn<double>("m");
    QTest::addColumn<double>("b");
    QTest::addColumn<double>("n");
    QTest::addColumn<double>("low");
    QTest::addColumn<double>("high");
    // Newcombe 1998 (Statistics in Medicine 17:873), table II, method 10, p1 - p2 with p1 = a/m.
    QTest::newRow("a") << 56.0 << 70.0 << 48.0 << 80.0 << 0.0524 << 0.3339;
    QTest::newRow("b") << 9.0 << 10.0 << 3.0 << 10.0 << 0.1705 << 0.8090;
    QTest::newRow("c") << 10.0 << 10.0 << 0.0 << 20.0 << 0.6791 << 1.0;
    QTest::newRow("d") << 5.0 << 56.0 << 0.0 << 29.0 << -0.0381 << 0.1926;
    QTest::newRow("e") << 0.0 << 10.0 << 0.0 << 10.0 << -0.2775 << 0.2775;
    QTest::newRow("f") << 10.0 << 10.0 << 0.0 << 10.0 << 0.6075 << 1.0;
}

void CompareRunsTest::intervalsArePublished()
{
    QFETCH(double, a);
    QFETCH(double, m);
    QFETCH(double, b);
    QFETCH(double, n);
    QFETCH(double, low);
    QFETCH(double, high);
    // Ours is later minus first: the first group is the later.
    const Interval interval = differenceInterval(b, n, a, m);
    QVERIFY2(std::abs(interval.low - low) < 6e-5, qPrintable(QString::number(interval.low)));
    QVERIFY2(std::abs(interval.high - high) < 6e-5, qPrintable(QString::number(interval.high)));
}

void CompareRunsTest::intervalIsMirrored()
{
    const Interval there = differenceInterval(12, 40, 30, 50), back = differenceInterval(30, 50, 12, 40);
    QCOMPARE(there.low, -back.high);
    QCOMPARE(there.high, -back.low);
    QVERIFY(there.low < 30.0 / 50 - 12.0 / 40 && 30.0 / 50 - 12.0 / 40 < there.high);
}

void CompareRunsTest::parametersThatDifferAreListed()
{
    const auto a = comparedRun("a", {{"dataset", "digits"}, {"eps", {0.1, 0.2}}, {"steps", 10}});
    const auto b = comparedRun("b", {{"dataset", "digits"}, {"eps", {0.1, 0.4}}, {"steps", 20}});
    const auto result = compareRuns({a, b}, {"A", "B"});
    QVERIFY(result.parameters);
    const auto& columns = result.parameters->columns;
    QCOMPARE(columns.size(), std::size_t(3));
    QCOMPARE(texts(columns[0]), (QStringList{"eps", "steps"}));
    QCOMPARE(texts(columns[1]), (QStringList{"0.1, 0.2", "10"}));
    QCOMPARE(texts(columns[2]), (QStringList{"0.1, 0.4", "20"}));
    QCOMPARE(columns[2].label, std::string("B"));
    // study, dataset, seed, device, study version, commit
    QVERIFY(QString::fromStdString(result.parameters->caption).contains("the other 6 agree"));
}

void CompareRunsTest::nestedAndAbsentParameters()
{
    const auto a = comparedRun("a", {{"attack_params", {{"alpha", 0.5}}}, {"key_files", Json::array()}});
    const auto b =
        comparedRun("b", {{"attack_params", Json::object()}, {"key_files", {"k1.txt"}}, {"new", true}});
    const auto result = compareRuns({a, b}, {"A", "B"});
    const auto& columns = result.parameters->columns;
    QCOMPARE(texts(columns[0]), (QStringList{"attack_params.alpha", "key_files", "new"}));
    QCOMPARE(texts(columns[1]), (QStringList{"0.5", "(none)", "–"}));
    QCOMPARE(texts(columns[2]), (QStringList{"–", "k1.txt", "true"}));
}

void CompareRunsTest::equalRunsSaySo()
{
    const auto run = comparedRun("a", {{"steps", 10}});
    const auto result = compareRuns({run, comparedRun("b", {{"steps", 10}})}, {"A", "B"});
    QVERIFY(!result.parameters);
    QVERIFY(!result.metrics);
    QVERIFY(result.overlays.isEmpty());
    QCOMPARE(result.notices.first(),
             QString("The runs agree in everything they were made with: all 6 parameters, seed, device and "
                     "version included."));
    QVERIFY(result.notices.contains("None of the runs has metrics."));
}

void CompareRunsTest::changedInputsAreNamed()
{
    const auto result =
        compareRuns({comparedRun("a", {}), comparedRun("b", {}, {}, {}, "other")}, {"A", "B"});
    QVERIFY(result.notices.contains(
        "“digits” was not the same file in all runs: the hashes in their provenance differ."));
}

void CompareRunsTest::metricsHaveDeltasAndIntervals()
{
    const auto a = comparedRun("a", {}, {shareOf("accuracy", 48, 80), shareOf("asr.plain", 10, 40)});
    const auto b = comparedRun("b", {}, {shareOf("asr.plain", 11, 40), shareOf("accuracy", 56, 70)});
    const auto result = compareRuns({a, b}, {"A", "B"});
    QVERIFY(result.metrics);
    const auto& columns = result.metrics->columns;
    QCOMPARE(columns.size(), std::size_t(5));
    QCOMPARE(columns[0].texts.size(), std::size_t(2));
    QVERIFY(QString::fromStdString(columns[0].texts[0]).endsWith("(%)"));
    QCOMPARE(columns[1].numbers[0], 60.0);
    QCOMPARE(columns[2].numbers[0], 80.0);
    QVERIFY(std::abs(columns[3].numbers[0] - 20) < 1e-9);
    // Newcombe 1998, table II, row a, in percent.
    QCOMPARE(QString::fromStdString(columns[4].texts[0]), QString("[5.243, 33.39] *"));
    QVERIFY(!QString::fromStdString(columns[4].texts[1]).contains('*'));
    QVERIFY(QString::fromStdString(columns[4].texts[1]).startsWith(QString("[−")));
    QVERIFY(QString::fromStdString(result.metrics->caption).contains("independent"));
}

void CompareRunsTest::metricsThatAreNoSharesHaveNoInterval()
{
    protocol::Metric loss;
    loss.name = "loss";
    loss.value = 1.5;
    // The mean of rates over classes carries the count of all images, and is not their quotient.
    protocol::Metric mean = shareOf("mean_accuracy", 50, 100);
    mean.value = 0.43;
    const auto run = comparedRun("a", {}, {loss, mean, shareOf("only", 1, 2)});
    const auto other = comparedRun("b", {}, {loss, mean});
    const auto result = compareRuns({run, other}, {"A", "B"});
    QCOMPARE(result.metrics->columns.size(), std::size_t(4)); // no interval, no column of them
    const auto& deltas = result.metrics->columns[3].numbers;
    QCOMPARE(deltas[0], 0.0);
    QCOMPARE(deltas[1], 0.0);
    QVERIFY(std::isnan(deltas[2]));
    QVERIFY(std::isnan(result.metrics->columns[2].numbers[2]));
}

void CompareRunsTest::ratesOfOtherThingsHaveNoDifference()
{
    const auto a = comparedRun("a", {}, {shareOf("accuracy", 48, 80, "test images")});
    const auto b = comparedRun("b", {}, {shareOf("accuracy", 56, 70, "images classified correctly")});
    const auto result = compareRuns({a, b}, {"A", "B"});
    QVERIFY(std::isnan(result.metrics->columns[3].numbers[0]));
    QVERIFY(!result.notices.filter("is a rate of test images in A and of images classified correctly in B")
                 .isEmpty());
}

void CompareRunsTest::missingRunsAreNamed()
{
    const auto run = comparedRun("a", {}, {shareOf("accuracy", 1, 2)});
    const auto alone = compareRuns({run, nullptr}, {"A", "B"});
    QCOMPARE(alone.notices, (QStringList{"B is missing or cannot be read: it is left out.",
                                         "There is nothing to compare: choose at least two runs."}));
    QVERIFY(!alone.metrics);
    const auto others = compareRuns({run, nullptr, run}, {"A", "B", "C"});
    QVERIFY(others.metrics);
    QCOMPARE(others.metrics->columns[2].label, std::string("C"));
    QVERIFY(compareRuns({}, {}).notices.contains("There is nothing to compare: choose at least two runs."));
}

void CompareRunsTest::threeRunsStandBesideEachOther()
{
    const auto make = [](double count) {
        return comparedRun("r", {{"n", count}}, {shareOf("accuracy", count, 100)});
    };
    const auto result = compareRuns({make(50), make(80), make(52)}, {"A", "B", "C"});
    QStringList names;
    for (const auto& column : result.metrics->columns)
        names << QString::fromStdString(column.name);
    QCOMPARE(names, (QStringList{"metric", "run_1", "run_2", "difference_2", "interval_2", "run_3",
                                 "difference_3", "interval_3"}));
    QVERIFY(QString::fromStdString(result.metrics->columns[4].texts[0]).endsWith('*'));
    QVERIFY(!QString::fromStdString(result.metrics->columns[7].texts[0]).endsWith('*'));
}

QTEST_MAIN(CompareRunsTest)
#include "tst_compare_runs.moc"
