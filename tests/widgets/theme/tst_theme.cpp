#include "widgets/theme/colour_maps.h"
#include "widgets/theme/theme.h"

#include <QGuiApplication>
#include <QPainter>
#include <QRegularExpression>
#include <QTest>

#include <array>
#include <cmath>

using namespace assay::widgets;

namespace {

double linear(double v)
{
    return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
}

double luminance(const QColor& c)
{
    return 0.2126 * linear(c.redF()) + 0.7152 * linear(c.greenF()) + 0.0722 * linear(c.blueF());
}

/// Contrast ratio of WCAG 2.1.
double contrast(const QColor& a, const QColor& b)
{
    const double la = luminance(a), lb = luminance(b);
    return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

using Matrix = std::array<std::array<double, 3>, 3>;

// Machado, Oliveira & Fernandes 2009, severity 1.0, applied to linear RGB.
constexpr Matrix kProtan{
    {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}}};
constexpr Matrix kDeutan{
    {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}}};
constexpr Matrix kTritan{
    {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}}};

QColor seenBy(const Matrix& m, const QColor& c)
{
    const std::array<double, 3> in{linear(c.redF()), linear(c.greenF()), linear(c.blueF())};
    std::array<double, 3> out{};
    for (std::size_t row = 0; row < 3; ++row) {
        double v = 0;
        for (std::size_t k = 0; k < 3; ++k)
            v += m[row][k] * in[k];
        v = std::clamp(v, 0.0, 1.0);
        out[row] = v <= 0.0031308 ? 12.92 * v : 1.055 * std::pow(v, 1 / 2.4) - 0.055;
    }
    return QColor::fromRgbF(static_cast<float>(out[0]), static_cast<float>(out[1]),
                            static_cast<float>(out[2]));
}

Theme themeOf(int kind)
{
    return kind == 0 ? Theme::light() : kind == 1 ? Theme::dark() : Theme::print();
}

} // namespace

class ThemeTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void textReads_data() { themes(); }
    void textReads();
    void outcomesAreToldApart_data() { themes(); }
    void outcomesAreToldApart();
    void paletteIsToldApart_data() { themes(); }
    void paletteIsToldApart();
    void sequentialMapIsUniform_data() { themes(); }
    void sequentialMapIsUniform();
    void divergingMapIsSymmetric();
    void rolesAreStable();
    void zooModelsHaveTheirOwnColours();
    void styleSheetHasNoTokensLeft();
    void everyIconIsDrawn();

private:
    static void themes()
    {
        QTest::addColumn<int>("kind");
        QTest::newRow("light") << 0;
        QTest::newRow("dark") << 1;
        QTest::newRow("print") << 2;
    }
};

void ThemeTest::textReads()
{
    QFETCH(int, kind);
    const Theme t = themeOf(kind);
    for (const QColor& paper : {t.window, t.panel})
        for (const QColor& ink : {t.text, t.mutedText, t.good, t.warning, t.bad, t.accent})
            QVERIFY2(
                contrast(ink, paper) >= 4.5,
                qPrintable(QString("%1 on %2: %3").arg(ink.name(), paper.name()).arg(contrast(ink, paper))));
    QVERIFY(contrast(t.accentText, t.accent) >= 4.5);
    QVERIFY(contrast(t.text, t.selection) >= 4.5);
    QVERIFY(contrast(t.text, t.raised) >= 4.5);
    for (double v = 0; v <= 1; v += 0.05) {
        const QColor cell = t.mapped("sequential", v);
        QVERIFY(contrast(Theme::inkOn(cell), cell) >= 4.5);
    }
}

void ThemeTest::outcomesAreToldApart()
{
    QFETCH(int, kind);
    const Theme t = themeOf(kind);
    const std::array colours{t.role("same"), t.role("different"), t.role("unfooled")};
    for (const Matrix& eye : {kProtan, kDeutan, kTritan})
        for (std::size_t a = 0; a < 3; ++a) {
            for (std::size_t b = a + 1; b < 3; ++b) {
                const double apart = oklabDistance(seenBy(eye, colours[a]), seenBy(eye, colours[b]));
                QVERIFY2(apart > 0.1, qPrintable(QString("%1 and %2: %3").arg(a).arg(b).arg(apart)));
            }
            QVERIFY(oklabDistance(seenBy(eye, colours[a]), t.plotBackground) > 0.15);
        }
}

void ThemeTest::paletteIsToldApart()
{
    QFETCH(int, kind);
    const Theme t = themeOf(kind);
    const QVector<QColor> colours = t.palette();
    QCOMPARE(colours.size(), 8);
    // 0.02 is just noticeable.
    for (const Matrix& eye : {kProtan, kDeutan})
        for (int a = 0; a < 8; ++a)
            for (int b = a + 1; b < 8; ++b) {
                const double apart = oklabDistance(seenBy(eye, colours[a]), seenBy(eye, colours[b]));
                QVERIFY2(apart > 0.08, qPrintable(QString("%1 and %2: %3").arg(a).arg(b).arg(apart)));
            }
    for (const QColor& colour : colours)
        QVERIFY2(contrast(colour, t.plotBackground) >= 2.0, qPrintable(colour.name()));
}

void ThemeTest::sequentialMapIsUniform()
{
    QFETCH(int, kind);
    const Theme t = themeOf(kind);
    double previous = oklabLightness(t.mapped("sequential", 0));
    const double whole = oklabLightness(t.mapped("sequential", 1)) - previous;
    for (int i = 1; i <= 20; ++i) {
        const double now = oklabLightness(t.mapped("sequential", i / 20.0));
        // One twentieth of the way each, up to what eight bits and the edge of sRGB take.
        QVERIFY2(std::abs((now - previous) / whole - 0.05) < 0.012,
                 qPrintable(QString::number((now - previous) / whole)));
        previous = now;
    }
    QVERIFY(oklabDistance(t.mapped("sequential", 0), t.plotBackground) < 0.15);
    QCOMPARE(t.mapped("sequential", -3), t.mapped("sequential", 0));
    QCOMPARE(t.mapped("sequential", std::nan("")).alpha(), 0);
}

void ThemeTest::divergingMapIsSymmetric()
{
    for (const Theme& t : {Theme::light(), Theme::dark()}) {
        QVERIFY(oklabDistance(t.mapped("diverging", 0.5), t.plotBackground) < 0.12);
        for (double v = 0.1; v <= 0.5; v += 0.1) {
            const double low = oklabLightness(t.mapped("diverging", 0.5 - v)),
                         high = oklabLightness(t.mapped("diverging", 0.5 + v));
            QVERIFY2(std::abs(low - high) < 0.08, qPrintable(QString::number(low - high)));
        }
    }
}

void ThemeTest::rolesAreStable()
{
    const Theme t = Theme::light();
    QCOMPARE(t.role("same").name(), QString("#d55e00"));
    QCOMPARE(t.role("different").name(), QString("#0072b2"));
    QCOMPARE(t.role("model:fashion-mlp"), t.role("model:fashion-mlp", 5));
    QCOMPARE(t.role("", 1), t.palette()[1]);
    QCOMPARE(t.role("", 9), t.palette()[1]);
    QCOMPARE(t.role("accent"), t.accent);
    for (const Theme& theme : {Theme::light(), Theme::dark()}) {
        QVERIFY(theme.role("channel:red").red() > theme.role("channel:red").blue());
        QVERIFY(theme.role("channel:green").green() > theme.role("channel:green").red());
        QVERIFY(theme.role("channel:blue").blue() > theme.role("channel:blue").red());
    }
}

// The hash is chosen so that the seven models of the demonstration differ.
void ThemeTest::zooModelsHaveTheirOwnColours()
{
    QSet<QString> colours;
    for (const char* name : {"fashion-cnn", "fashion-cnn-early", "fashion-cnn-reinit", "fashion-cnn-reorder",
                             "fashion-convmixer", "fashion-mlp", "fashion-resnet"})
        colours.insert(Theme::light().role(QStringLiteral("model:") + name).name());
    QCOMPARE(colours.size(), 7);
}

void ThemeTest::styleSheetHasNoTokensLeft()
{
    for (const Theme& t : {Theme::light(), Theme::dark()}) {
        const QString sheet = t.styleSheet();
        QVERIFY(sheet.size() > 2000);
        const auto comments =
            QRegularExpression("/\\*.*?\\*/", QRegularExpression::DotMatchesEverythingOption);
        const auto left = QRegularExpression("@\\w+").match(QString(sheet).remove(comments));
        QVERIFY2(!left.hasMatch(), qPrintable(left.captured()));
    }
}

void ThemeTest::everyIconIsDrawn()
{
    for (const char* name :
         {"run",     "stop",     "cancel", "search", "settings", "folder",  "model",   "dataset",
          "study",   "runs",     "log",    "jobs",   "export",   "table",   "image",   "chart",
          "sun",     "moon",     "plus",   "minus",  "close",    "pin",     "link",    "filter",
          "zoom-in", "zoom-out", "reset",  "undo",   "redo",     "play",    "warning", "error",
          "info",    "check",    "more",   "live",   "copy",     "command", "assay"})
        QVERIFY2(Theme::iconNames().contains(name), name);
    const Theme t = Theme::dark();
    for (const QString& name : Theme::iconNames()) {
        const QImage image = t.icon(name).pixmap(QSize(48, 48), 1.0).toImage();
        int inked = 0;
        for (int y = 0; y < image.height(); ++y)
            for (int x = 0; x < image.width(); ++x)
                inked += qAlpha(image.pixel(x, y)) > 128;
        QVERIFY2(inked > 15 && inked < 48 * 48 / 2, qPrintable(name));
    }
    QVERIFY(t.icon("no-such-icon").isNull());
}

QTEST_MAIN(ThemeTest)
#include "tst_theme.moc"
