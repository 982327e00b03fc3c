#include "widgets/figures/print_preset.h"

#include <QSet>
#include <QTest>

using namespace assay::widgets;

class PrintPresetTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void widthsAreTheVenues_data();
    void widthsAreTheVenues();
    void unknownGivesTheFirst();
    void heightsSuitTheWidth();
};

void PrintPresetTest::widthsAreTheVenues_data()
{
    QTest::addColumn<double>("column");
    QTest::addColumn<double>("page");
    // Inches as the style files and author pages give them; acmart's \columnwidth and \textwidth are points
    // of TeX.
    QTest::newRow("cvpr") << 3.28125 * 25.4 << 6.875 * 25.4;
    QTest::newRow("ieee") << 88.9 << 181.864;
    QTest::newRow("neurips") << 139.7 << 139.7;
    QTest::newRow("icml") << 82.55 << 171.45;
    QTest::newRow("acm") << 241.14749 / 72.27 * 25.4 << 506.295 / 72.27 * 25.4;
    QTest::newRow("lncs") << 122.0 << 122.0;
    QTest::newRow("elsevier") << 90.0 << 190.0;
    QTest::newRow("nature") << 89.0 << 183.0;
}

void PrintPresetTest::widthsAreTheVenues()
{
    QFETCH(double, column);
    QFETCH(double, page);
    const PrintPreset& preset = printPreset(QTest::currentDataTag());
    QCOMPARE(preset.id, QString(QTest::currentDataTag()));
    QVERIFY2(std::abs(preset.columnMm - column) < 0.1, qPrintable(QString::number(preset.columnMm)));
    QVERIFY2(std::abs(preset.pageMm - page) < 0.1, qPrintable(QString::number(preset.pageMm)));
}

void PrintPresetTest::unknownGivesTheFirst()
{
    QCOMPARE(printPreset({}).id, QString("a4"));
    QCOMPARE(printPreset("a venue of tomorrow").id, printPresets().first().id);
    QSet<QString> ids;
    for (const PrintPreset& preset : printPresets()) {
        ids.insert(preset.id);
        QVERIFY(preset.columnMm > 0 && preset.columnMm <= preset.pageMm);
        QVERIFY(!preset.name.isEmpty());
    }
    QCOMPARE(ids.size(), printPresets().size());
}

void PrintPresetTest::heightsSuitTheWidth()
{
    const PrintPreset& elsevier = printPreset("elsevier");
    QCOMPARE(usualHeightMm(elsevier, 90), 62.0);
    QCOMPARE(usualHeightMm(elsevier, 190), 91.0);
    QCOMPARE(usualHeightMm(printPreset("slides"), 254), 143.0);
    double last = 0;
    for (double width = 40; width <= 260; width += 10) {
        QVERIFY(usualHeightMm(elsevier, width) >= last);
        last = usualHeightMm(elsevier, width);
    }
}

QTEST_MAIN(PrintPresetTest)
#include "tst_print_preset.moc"
