#include "widgets/theme/colour_vision.h"
#include "widgets/theme/theme.h"

#include <QTest>

#include <cmath>

using namespace assay::widgets;

class ColourVisionTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void matricesArePublished_data();
    void matricesArePublished();
    void greyStaysGrey_data();
    void greyStaysGrey();
    void greyKeepsLuminance();
    void imagesKeepAlphaAndSize();
    void redAndGreenDrawNear();
};

namespace {

double linearValue(int encoded)
{
    const double v = encoded / 255.0;
    return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
}

double distance(const QColor& a, const QColor& b)
{
    return std::hypot(a.red() - b.red(), a.green() - b.green(), a.blue() - b.blue());
}

} // namespace

void ColourVisionTest::matricesArePublished_data()
{
    QTest::addColumn<int>("vision");
    QTest::addColumn<QColor>("primary");
    QTest::addColumn<double>("red");
    QTest::addColumn<double>("green");
    QTest::addColumn<double>("blue");
    // A primary at full strength shows a column of the matrix: Machado et al. 2009, table 1, severity 1.0.
    const int deutan = int(ColourVision::Deutan), protan = int(ColourVision::Protan);
    QTest::newRow("deutan red") << deutan << QColor("#FF0000") << 0.367322 << 0.280085 << 0.0;
    QTest::newRow("deutan green") << deutan << QColor("#00FF00") << 0.860646 << 0.672501 << 0.042940;
    QTest::newRow("deutan blue") << deutan << QColor("#0000FF") << 0.0 << 0.047413 << 0.968881;
    QTest::newRow("protan red") << protan << QColor("#FF0000") << 0.152286 << 0.114503 << 0.0;
    QTest::newRow("protan green") << protan << QColor("#00FF00") << 1.0 << 0.786281 << 0.0;
    QTest::newRow("protan blue") << protan << QColor("#0000FF") << 0.0 << 0.099216 << 1.0;
}

void ColourVisionTest::matricesArePublished()
{
    QFETCH(int, vision);
    QFETCH(QColor, primary);
    QFETCH(double, red);
    QFETCH(double, green);
    QFETCH(double, blue);
    const QColor seen = simulated(primary, static_cast<ColourVision>(vision));
    // Half a step of 8 bits is at most 0.0045 of linear light.
    QVERIFY(std::abs(linearValue(seen.red()) - red) < 0.005);
    QVERIFY(std::abs(linearValue(seen.green()) - green) < 0.005);
    QVERIFY(std::abs(linearValue(seen.blue()) - blue) < 0.005);
}

void ColourVisionTest::greyStaysGrey_data()
{
    QTest::addColumn<int>("vision");
    QTest::newRow("normal") << int(ColourVision::Normal);
    QTest::newRow("deutan") << int(ColourVision::Deutan);
    QTest::newRow("protan") << int(ColourVision::Protan);
    QTest::newRow("grey") << int(ColourVision::Grey);
}

void ColourVisionTest::greyStaysGrey()
{
    QFETCH(int, vision);
    for (int v = 0; v < 256; ++v)
        QCOMPARE(simulated(QColor(v, v, v), static_cast<ColourVision>(vision)), QColor(v, v, v));
}

void ColourVisionTest::greyKeepsLuminance()
{
    for (const QColor& colour : Theme::light().palette()) {
        const QColor grey = simulated(colour, ColourVision::Grey);
        QCOMPARE(grey.red(), grey.green());
        QCOMPARE(grey.red(), grey.blue());
        const double expected = 0.2126 * linearValue(colour.red()) + 0.7152 * linearValue(colour.green()) +
                                0.0722 * linearValue(colour.blue());
        QVERIFY(std::abs(linearValue(grey.red()) - expected) < 0.005);
    }
}

void ColourVisionTest::imagesKeepAlphaAndSize()
{
    QImage image(3, 2, QImage::Format_ARGB32);
    image.fill(QColor(255, 0, 0, 128));
    image.setPixelColor(2, 1, QColor(10, 200, 30));
    const QImage seen = simulated(image, ColourVision::Deutan);
    QCOMPARE(seen.size(), image.size());
    QCOMPARE(seen.pixelColor(0, 0), simulated(QColor(255, 0, 0, 128), ColourVision::Deutan));
    QCOMPARE(seen.pixelColor(0, 0).alpha(), 128);
    QCOMPARE(seen.pixelColor(2, 1), simulated(QColor(10, 200, 30), ColourVision::Deutan));
    QCOMPARE(simulated(image, ColourVision::Normal), image);
    QVERIFY(simulated(QImage(), ColourVision::Grey).isNull());
}

void ColourVisionTest::redAndGreenDrawNear()
{
    // Colours that only these eyes take for each other; blue and yellow stay apart.
    const QColor red(190, 60, 40), green(110, 110, 30);
    for (const auto vision : {ColourVision::Deutan, ColourVision::Protan})
        QVERIFY(distance(simulated(red, vision), simulated(green, vision)) < 0.75 * distance(red, green));
    const QColor blue("#0072B2"), yellow("#E69F00");
    QVERIFY(distance(simulated(blue, ColourVision::Deutan), simulated(yellow, ColourVision::Deutan)) > 150);
}

QTEST_MAIN(ColourVisionTest)
#include "tst_colour_vision.moc"
