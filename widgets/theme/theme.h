#pragma once

#include <QColor>
#include <QFont>
#include <QIcon>
#include <QString>
#include <QStringList>
#include <QVector>

namespace assay::widgets {

/// Colours, fonts and icons of one appearance. A value: views keep the one they were given and take a new
/// one through setTheme(). Files are always drawn with Theme::print().
class Theme
{
public:
    enum class Kind { Light, Dark, Print };

    static Theme light();
    static Theme dark();
    /// White background, black ink: what exported figures use whatever the window shows.
    static Theme print();

    Kind kind() const { return m_kind; }
    bool isDark() const { return m_kind == Kind::Dark; }

    QColor window, panel, raised, border, text, mutedText, accent, accentText, selection, good, warning, bad;
    QColor plotBackground, plotGrid, plotAxis;

    /// Colour of a role as protocol::Layer::role has it. The same role has the same colour everywhere;
    /// a channel of images ("channel:red", green, blue) its own; "series:N:V" that of category N; unknown
    /// roles get a stable colour from the palette by their name, in order of @p index when empty.
    QColor role(const QString& role, int index = 0) const;
    /// Colour-blind-safe categorical palette (Okabe-Ito order, adapted to the background).
    QVector<QColor> palette() const;
    /// Colour of the category at @p index, from 0: the palette, then lighter and darker rounds of it.
    QColor category(int index) const;
    /// Samples of a perceptually uniform map: "sequential" (viridis-like) or "diverging". @p t in [0,1].
    /// Zero (the middle, for "diverging") lies near the background, so that empty cells recede.
    QColor mapped(const QString& map, double t) const;
    /// Black or white, whichever reads better on @p background.
    static QColor inkOn(const QColor& background);

    /// The interface font and the one for numbers and logs, with the first installed family of a short list.
    QFont font() const;
    QFont monoFont() const;

    /// Application-wide style sheet and palette for this theme. Widgets opt into variants by the dynamic
    /// property `kind`: QPushButton "primary", "danger", "flat"; QLabel "title", "heading", "muted",
    /// "problem", "warning", "good", "badge", "mono"; QFrame "card", "line"; QToolButton "plain"; QWidget
    /// "bar".
    QString styleSheet() const;
    class QPalette qtPalette() const;
    /// Style, palette, font and style sheet of the whole application at once.
    void apply() const;
    /// Call after changing a `kind` property of a widget that is already shown.
    static void refresh(QWidget* widget);

    /// A monochrome icon of resources/icons tinted for this theme, sharp at any size and pixel ratio.
    QIcon icon(const QString& name) const;
    QIcon icon(const QString& name, const QColor& tint) const;
    /// Names that icon() knows, sorted.
    static QStringList iconNames();

private:
    Kind m_kind = Kind::Light;
};

} // namespace assay::widgets
