#pragma once

#include "widgets/theme/theme.h"

#include <QObject>

#include <optional>

namespace assay::workbench {

/// Decides between light and dark: as the user chose, else as the desktop is.
class ThemeKeeper : public QObject
{
    Q_OBJECT
public:
    enum class Choice { System, Light, Dark };

    /// Applies @p choice. To be made before the application's palette is changed, since older Qt tells of the
    /// desktop's only by it, and before the widgets, which take their fonts when they are made.
    explicit ThemeKeeper(Choice choice, QObject* parent = nullptr);

    void choose(Choice choice);
    Choice choice() const { return m_choice; }
    const widgets::Theme& theme() const { return m_theme; }

    static Choice choiceFromName(const std::string& name);
    static const char* name(Choice choice);

Q_SIGNALS:
    /// The application's style has been changed; views take @p theme.
    void changed(const assay::widgets::Theme& theme);

private:
    void apply();

    Choice m_choice;
    bool m_systemIsDark;
    std::optional<bool> m_applied;
    widgets::Theme m_theme = widgets::Theme::light();
};

} // namespace assay::workbench
