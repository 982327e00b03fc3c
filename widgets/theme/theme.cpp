#include "widgets/theme/theme.h"

#include "widgets/theme/colour_maps.h"

#include <QFontDatabase>
#include <QHash>

#include <cmath>

namespace assay::widgets {

namespace {

// Okabe & Ito's colours; the last two and the pink are moved so that all eight stay apart for protanopic and
// deuteranopic eyes (at least 0.085 in Oklab, where 0.02 is just noticeable). The dark set is lifted to read
// on a dark panel.
const QVector<QColor>& lightPalette()
{
    static const QVector<QColor> colours{QColor("#0072B2"), QColor("#D55E00"), QColor("#009E73"),
                                         QColor("#E374AB"), QColor("#E69F00"), QColor("#3FA7E0"),
                                         QColor("#5C4E16"), QColor("#424C6A")};
    return colours;
}

const QVector<QColor>& darkPalette()
{
    static const QVector<QColor> colours{QColor("#4FA3E3"), QColor("#F5813F"), QColor("#2FBF93"),
                                         QColor("#8B4162"), QColor("#F2B53A"), QColor("#8ACBF5"),
                                         QColor("#FEFBA6"), QColor("#6287A8")};
    return colours;
}

/// FNV-1a: stable between runs and machines, which qHash is not. The offset basis is moved by the smallest
/// number that gives the demonstration's seven models seven colours.
quint32 stableHash(const QString& text)
{
    quint32 hash = 2166136261u + 449u;
    for (const char byte : text.toUtf8())
        hash = (hash ^ static_cast<quint8>(byte)) * 16777619u;
    return hash ^ (hash >> 15);
}

QFont firstInstalled(const QStringList& families, QFontDatabase::SystemFont fallback)
{
    QFont font = QFontDatabase::systemFont(fallback);
    const QStringList installed = QFontDatabase::families();
    for (const QString& family : families)
        if (installed.contains(family)) {
            font = QFont(family);
            break;
        }
    return font;
}

double luminance(const QColor& colour)
{
    const auto linear = [](double v) {
        return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF()) +
           0.0722 * linear(colour.blueF());
}

} // namespace

Theme Theme::light()
{
    Theme t;
    t.m_kind = Kind::Light;
    t.window = QColor("#F3F4F7");
    t.panel = QColor("#FFFFFF");
    t.raised = QColor("#EBEDF2");
    t.border = QColor("#DDE1E8");
    t.text = QColor("#1B2330");
    t.mutedText = QColor("#5B6675");
    t.accent = QColor("#4A56D2");
    t.accentText = QColor("#FFFFFF");
    t.selection = QColor("#E3E6FA");
    t.good = QColor("#1A7A48");
    t.warning = QColor("#8F5F00");
    t.bad = QColor("#B4281E");
    t.plotBackground = t.panel;
    t.plotGrid = QColor("#EDEFF3");
    t.plotAxis = QColor("#9AA4B1");
    return t;
}

Theme Theme::dark()
{
    Theme t;
    t.m_kind = Kind::Dark;
    t.window = QColor("#12151A");
    t.panel = QColor("#1A1E25");
    t.raised = QColor("#262C36");
    t.border = QColor("#303743");
    t.text = QColor("#E7EAEF");
    t.mutedText = QColor("#9BA6B5");
    t.accent = QColor("#8E9BFF");
    t.accentText = QColor("#12151A");
    t.selection = QColor("#2D3560");
    t.good = QColor("#5CC98F");
    t.warning = QColor("#E5B545");
    t.bad = QColor("#FF8B7D");
    t.plotBackground = t.panel;
    t.plotGrid = QColor("#272D37");
    t.plotAxis = QColor("#66717F");
    return t;
}

Theme Theme::print()
{
    Theme t = light();
    t.m_kind = Kind::Print;
    t.window = t.panel = t.plotBackground = QColor(Qt::white);
    t.text = QColor(Qt::black);
    t.mutedText = QColor("#444444");
    t.plotGrid = QColor("#E6E6E6");
    t.plotAxis = QColor("#555555");
    return t;
}

QVector<QColor> Theme::palette() const
{
    return isDark() ? darkPalette() : lightPalette();
}

QColor Theme::role(const QString& role, int index) const
{
    struct Named
    {
        QColor onLight, onDark;
    };
    static const QHash<QString, Named> named{
        {"same", {QColor("#D55E00"), QColor("#F5813F")}},
        {"different", {QColor("#0072B2"), QColor("#4FA3E3")}},
        {"unfooled", {QColor("#B3BDB8"), QColor("#56645E")}},
        {"ink", {QColor("#000000"), QColor("#FFFFFF")}},
        {"chance", {QColor("#6B7482"), QColor("#8F9AA8")}},
        {"neutral", {QColor("#8C96A3"), QColor("#7A8696")}},
        {"empty", {QColor("#5F6875"), QColor("#9AA5B4")}},
        {"good", {QColor("#009E73"), QColor("#2FBF93")}},
        {"bad", {QColor("#B4281E"), QColor("#FF8B7D")}},
        {"fooled", {QColor("#B0578D"), QColor("#DB8FBC")}},
        {"channel:red", {QColor("#C23A2B"), QColor("#FF7D6B")}},
        {"channel:green", {QColor("#2B8A4E"), QColor("#5CC98A")}},
        {"channel:blue", {QColor("#2F5FC4"), QColor("#7CA4FF")}},
    };
    if (const auto found = named.constFind(role); found != named.constEnd())
        return isDark() ? found->onDark : found->onLight;
    if (role == "accent")
        return accent;
    if (role.startsWith(QLatin1String("series:")))
        return category(role.section(QLatin1Char(':'), 1, 1).toInt());
    const QVector<QColor> colours = palette();
    const quint32 position = role.isEmpty() ? static_cast<quint32>(std::abs(index)) : stableHash(role);
    return colours[position % static_cast<quint32>(colours.size())];
}

QColor Theme::category(int index) const
{
    const QVector<QColor> colours = palette();
    const int round = std::max(0, index) / static_cast<int>(colours.size());
    const QColor colour = colours[std::max(0, index) % colours.size()];
    if (round == 0)
        return colour;
    return round % 2 == 1 ? colour.lighter(100 + 45 * (round + 1) / 2) : colour.darker(100 + 45 * round / 2);
}

QColor Theme::mapped(const QString& map, double t) const
{
    return mapColour(map == "diverging" ? ColourMap::Diverging : ColourMap::Sequential, isDark(), t);
}

QColor Theme::inkOn(const QColor& background)
{
    // Equal contrast with black and white lies where (L + .05)^2 = 1.05 * .05.
    return luminance(background) > 0.179 ? QColor("#000000") : QColor("#FFFFFF");
}

QFont Theme::font() const
{
    QFont font = firstInstalled(
        {"Inter", "Inter Variable", "Segoe UI", "SF Pro Text", "Noto Sans", "Cantarell", "DejaVu Sans"},
        QFontDatabase::GeneralFont);
    font.setPointSizeF(font.family().startsWith("DejaVu") ? 9 : 10);
    return font;
}

QFont Theme::monoFont() const
{
    QFont font = firstInstalled({"JetBrains Mono", "IBM Plex Mono", "Noto Sans Mono", "DejaVu Sans Mono"},
                                QFontDatabase::FixedFont);
    font.setPointSizeF(9);
    font.setStyleHint(QFont::Monospace);
    return font;
}

} // namespace assay::widgets
