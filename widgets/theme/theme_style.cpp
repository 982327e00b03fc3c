#include "widgets/theme/theme.h"

#include <QApplication>
#include <QFile>
#include <QFontMetrics>
#include <QMap>
#include <QPalette>
#include <QStyle>
#include <QWidget>

namespace assay::widgets {

namespace {

QColor mixed(const QColor& a, const QColor& b, float share)
{
    return QColor::fromRgbF(a.redF() + (b.redF() - a.redF()) * share,
                            a.greenF() + (b.greenF() - a.greenF()) * share,
                            a.blueF() + (b.blueF() - a.blueF()) * share);
}

QMap<QString, QString> colourTokens(const Theme& t)
{
    return {{"@window", t.window.name()},
            {"@panel", t.panel.name()},
            {"@raised", t.raised.name()},
            {"@border", t.border.name()},
            {"@edge", mixed(t.border, t.text, 0.16F).name()},
            {"@text", t.text.name()},
            {"@muted", t.mutedText.name()},
            {"@faint", mixed(t.mutedText, t.panel, 0.45F).name()},
            {"@accentText", t.accentText.name()},
            {"@accentHover", mixed(t.accent, t.text, 0.14F).name()},
            {"@accentSoft", mixed(t.panel, t.accent, 0.10F).name()},
            {"@accent", t.accent.name()},
            {"@selection", t.selection.name()},
            {"@hover", mixed(t.panel, t.text, 0.055F).name()},
            {"@pressed", mixed(t.panel, t.text, 0.11F).name()},
            {"@good", t.good.name()},
            {"@warning", t.warning.name()},
            {"@badSoft", mixed(t.panel, t.bad, 0.10F).name()},
            {"@bad", t.bad.name()},
            {"@field", t.isDark() ? t.window.name() : t.panel.name()},
            {"@handle", mixed(t.panel, t.text, 0.22F).name()},
            {"@tipBack", t.isDark() ? t.raised.name() : QColor("#232B38").name()},
            {"@tipText", QColor("#F2F4F7").name()},
            {"@ui", QStringLiteral(":/assay/icons/ui/") + (t.isDark() ? "dark" : "light")}};
}

/// Lengths grow with the font, so that large fonts and other pixel ratios keep the proportions.
QMap<QString, QString> lengthTokens(const Theme& t)
{
    const double unit = QFontMetricsF(t.font()).height() / 16.0;
    const auto px = [unit](double length) { return QString::number(qMax(1, qRound(length * unit))) + "px"; };
    const double point = t.font().pointSizeF();
    const auto pt = [point](double factor) { return QString::number(point * factor, 'f', 1) + "pt"; };
    return {{"@r8", px(8)},          {"@r6", px(6)},          {"@r4", px(4)},
            {"@p1", px(1)},          {"@p2", px(2)},          {"@p3", px(3)},
            {"@p4", px(4)},          {"@p5", px(5)},          {"@p6", px(6)},
            {"@p8", px(8)},          {"@p10", px(10)},        {"@p12", px(12)},
            {"@p14", px(14)},        {"@p16", px(16)},        {"@p20", px(20)},
            {"@p24", px(24)},        {"@p30", px(30)},        {"@fontTitle", pt(1.45)},
            {"@fontSmall", pt(0.9)}, {"@fontTiny", pt(0.82)}, {"@fontLarge", pt(1.15)}};
}

} // namespace

QString Theme::styleSheet() const
{
    QFile file(QStringLiteral(":/assay/style.qss"));
    if (!file.open(QIODevice::ReadOnly))
        return {};
    QString sheet = QString::fromUtf8(file.readAll());
    QMap<QString, QString> tokens = colourTokens(*this);
    tokens.insert(lengthTokens(*this));
    tokens.insert("@mono", '"' + monoFont().family() + '"');
    // Descending order replaces @accentText before @accent.
    for (auto it = tokens.constEnd(); it != tokens.constBegin();) {
        --it;
        sheet.replace(it.key(), it.value());
    }
    return sheet;
}

QPalette Theme::qtPalette() const
{
    QPalette p;
    p.setColor(QPalette::Window, window);
    p.setColor(QPalette::WindowText, text);
    p.setColor(QPalette::Base, panel);
    p.setColor(QPalette::AlternateBase, mixed(panel, window, 0.6F));
    p.setColor(QPalette::Text, text);
    p.setColor(QPalette::Button, panel);
    p.setColor(QPalette::ButtonText, text);
    p.setColor(QPalette::BrightText, bad);
    p.setColor(QPalette::ToolTipBase, isDark() ? raised : QColor("#232B38"));
    p.setColor(QPalette::ToolTipText, QColor("#F2F4F7"));
    p.setColor(QPalette::PlaceholderText, mixed(mutedText, panel, 0.3F));
    p.setColor(QPalette::Highlight, selection);
    p.setColor(QPalette::HighlightedText, text);
    p.setColor(QPalette::Link, accent);
    p.setColor(QPalette::LinkVisited, accent);
    p.setColor(QPalette::Light, raised);
    p.setColor(QPalette::Midlight, mixed(raised, border, 0.5F));
    p.setColor(QPalette::Mid, border);
    p.setColor(QPalette::Dark, mixed(border, text, 0.25F));
    p.setColor(QPalette::Shadow, isDark() ? QColor("#000000") : QColor("#8A93A0"));
    for (const auto role :
         {QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::HighlightedText})
        p.setColor(QPalette::Disabled, role, mixed(mutedText, panel, 0.4F));
    return p;
}

void Theme::apply() const
{
    QApplication::setStyle(QStringLiteral("Fusion"));
    QApplication::setFont(font());
    QApplication::setPalette(qtPalette());
    qApp->setStyleSheet(styleSheet());
}

void Theme::refresh(QWidget* widget)
{
    widget->style()->unpolish(widget);
    widget->style()->polish(widget);
    widget->update();
}

} // namespace assay::widgets
