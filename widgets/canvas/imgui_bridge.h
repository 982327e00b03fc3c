#pragma once

#include "widgets/canvas/instrument_fonts.h"
#include "widgets/canvas/instrument_input.h"
#include "widgets/theme/theme.h"

#include <QCursor>
#include <QSizeF>

#include <functional>
#include <memory>
#include <string>

struct ImGuiContext;
class QKeyEvent;
class QMouseEvent;
class QWheelEvent;

namespace assay::widgets {

class ImguiRenderer;

/// A Dear ImGui context of one view, fed by Qt's events. Any number of bridges live side by side: each makes
/// its context current for as long as one of its functions runs. GUI thread only; frame() and releaseGl()
/// need the view's OpenGL context current, and releaseGl() must be called before that goes.
class ImguiBridge
{
public:
    ImguiBridge();
    ~ImguiBridge();
    ImguiBridge(const ImguiBridge&) = delete;
    ImguiBridge& operator=(const ImguiBridge&) = delete;

    void setTheme(const Theme& theme);
    const InstrumentFonts& fonts() const { return m_fonts; }
    /// Makes letters available that a text needs; they are there from the next frame on.
    void requireLetters(const QString& text);

    /// One frame: hands over the input, calls @p instruments to build the windows, and draws them.
    /// @param view logical pixels; @p pixelRatio device pixels per logical one
    void frame(const QSizeF& view, double pixelRatio, const std::function<void()>& instruments);
    /// Another frame is needed: input is waiting, or windows have still to settle.
    bool wantsFrame() const { return !m_input.isEmpty() || m_settling > 0; }
    /// What the instruments show has changed: windows that appear or grow need a second frame.
    void settle();
    void releaseGl();

    /// Events. Each returns whether an instrument takes it, so that the picture below does not.
    bool press(const QMouseEvent& event);
    bool move(const QMouseEvent& event);
    bool release(const QMouseEvent& event);
    bool wheel(const QWheelEvent& event);
    bool key(const QKeyEvent& event, bool down);
    void inputText(const QString& text);
    void leave();
    void loseFocus();

    /// A text field of an instrument has the keyboard.
    bool wantsText() const;
    /// Whether an instrument lies at @p viewPoint or holds the mouse.
    bool takesMouseAt(const QPointF& viewPoint) const;
    /// As instruments want it while they take the mouse.
    Qt::CursorShape cursor() const;

private:
    class Current;
    void buildFonts(double pixelRatio);
    void applyStyle();

    ImGuiContext* m_context = nullptr;
    Theme m_theme = Theme::light();
    InstrumentInput m_input;
    InstrumentFonts m_fonts;
    QSet<char16_t> m_letters;
    double m_fontRatio = 0;    ///< that the atlas was built for; 0: build it
    bool m_holdsMouse = false; ///< a press over an instrument has not been released yet
    int m_settling = 0;        ///< frames that follow an event
    qint64 m_lastFrameNs = 0;
    std::unique_ptr<ImguiRenderer> m_renderer;
};

} // namespace assay::widgets
