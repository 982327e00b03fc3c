#include "backend/protocol/csv.h"

#include <QTest>

#include <cmath>
#include <limits>

using namespace assay::protocol;

class TestCsv : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void writesNumbersShortestAndExact_data()
    {
        QTest::addColumn<double>("value");
        QTest::addColumn<QString>("text");
        QTest::newRow("0.1") << 0.1 << "0.1";
        QTest::newRow("third") << 1.0 / 3 << "0.3333333333333333";
        QTest::newRow("whole") << 10000.0 << "10000";
        QTest::newRow("round") << 100000.0 << "100000";
        QTest::newRow("large") << 1e20 << "1e+20";
        QTest::newRow("tiny") << 5e-324 << "5e-324";
        QTest::newRow("negative zero") << -0.0 << "-0";
        QTest::newRow("nan") << std::nan("") << "nan";
        QTest::newRow("negative nan") << -std::nan("") << "nan";
        QTest::newRow("inf") << -std::numeric_limits<double>::infinity() << "-inf";
    }
    void writesNumbersShortestAndExact()
    {
        QFETCH(double, value);
        QFETCH(QString, text);
        QCOMPARE(QString::fromStdString(csvNumber(value)), text);
    }

    void quotesOnlyWhereNeeded()
    {
        QCOMPARE(csvText("Ankle boot"), std::string("Ankle boot"));
        QCOMPARE(csvText("a,b"), std::string("\"a,b\""));
        QCOMPARE(csvText("a\"b"), std::string("\"a\"\"b\""));
        QCOMPARE(csvText("a\nb"), std::string("\"a\nb\""));
        QCOMPARE(csvText(" a"), std::string("\" a\""));
        QCOMPARE(csvText(""), std::string(""));
    }

    void writesTables()
    {
        Table table;
        table.columns.resize(2);
        table.columns[0].name = "source";
        table.columns[0].texts = {"a,1", "b"};
        table.columns[1].name = "eps";
        table.columns[1].numbers = {0.5, 2};
        QCOMPARE(toCsv(table), std::string("source,eps\n\"a,1\",0.5\nb,2\n"));
        QCOMPARE(toCsv(Table()), std::string("\n"));
    }

    void writesFigures()
    {
        Figure figure;
        figure.x.scale = AxisScale::Category;
        figure.x.categories = {"one", "two"};
        Layer bars;
        bars.kind = LayerKind::Bars;
        bars.name = "same";
        bars.role = "same";
        bars.stack = "s";
        bars.x = {0, 1};
        bars.y = {0.25, 0.5};
        bars.low = {0.125, 0.25};
        bars.high = {0.5, 0.75};
        bars.count = {1, 2};
        bars.denominator = {4, 4};
        bars.samples.add({3, 5});
        bars.samples.add({});
        Layer cells;
        cells.kind = LayerKind::Cells;
        cells.rows = 1;
        cells.columns = 2;
        cells.z = {7, 8};
        Layer boxes;
        boxes.kind = LayerKind::Boxes;
        boxes.x = {1};
        boxes.z = {1, 2, 3, 4, 5};
        figure.layers = {bars, cells, boxes};
        QCOMPARE(QString::fromStdString(toCsv(figure)),
                 QStringLiteral(
                     "layer,kind,role,stack,mark,x,x_category,y,y_category,low,high,z,min,q1,median,q3,max,"
                     "label,count,denominator,samples\n"
                     "same,bars,same,s,0,0,one,0.25,,0.125,0.5,,,,,,,,1,4,2\n"
                     "same,bars,same,s,1,1,two,0.5,,0.25,0.75,,,,,,,,2,4,0\n"
                     ",cells,,,0,0,one,0,,,,7,,,,,,,,,\n"
                     ",cells,,,1,1,two,0,,,,8,,,,,,,,,\n"
                     ",boxes,,,0,1,two,,,,,,1,2,3,4,5,,,,\n"));
    }
};

QTEST_GUILESS_MAIN(TestCsv)
#include "tst_csv.moc"
