#include "app/workbench/shell/theme_keeper.h"

#include <QGuiApplication>
#include <QPalette>
#include <QStyleHints>

namespace assay::workbench {

namespace {

bool systemIsDark()
{
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
    return QGuiApplication::styleHints()->colorScheme() == Qt::ColorScheme::Dark;
#else
    return QGuiApplication::palette().color(QPalette::Window).lightness() < 128;
#endif
}

} // namespace

ThemeKeeper::ThemeKeeper(Choice choice, QObject* parent)
    : QObject(parent)
    , m_choice(choice)
    , m_systemIsDark(systemIsDark())
{
    apply();
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
    connect(QGuiApplication::styleHints(), &QStyleHints::colorSchemeChanged, this, [this] {
        m_systemIsDark = systemIsDark();
        apply();
    });
#endif
}

void ThemeKeeper::choose(Choice choice)
{
    m_choice = choice;
    apply();
}

void ThemeKeeper::apply()
{
    const bool dark = m_choice == Choice::System ? m_systemIsDark : m_choice == Choice::Dark;
    if (m_applied == dark)
        return;
    m_applied = dark;
    m_theme = dark ? widgets::Theme::dark() : widgets::Theme::light();
    m_theme.apply();
    Q_EMIT changed(m_theme);
}

ThemeKeeper::Choice ThemeKeeper::choiceFromName(const std::string& name)
{
    return name == "light" ? Choice::Light : name == "dark" ? Choice::Dark : Choice::System;
}

const char* ThemeKeeper::name(Choice choice)
{
    return choice == Choice::Light ? "light" : choice == Choice::Dark ? "dark" : "system";
}

} // namespace assay::workbench
