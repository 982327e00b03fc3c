#pragma once

#include <QPointF>
#include <QString>
#include <Qt>

#include <deque>
#include <optional>

struct ImGuiIO;

namespace assay::widgets {

/// The key as Dear ImGui names it (ImGuiKey_*), for the keys that 1.86 knows.
std::optional<int> instrumentKey(int qtKey);

/// Qt's events on their way to a Dear ImGui context, which reads its input once a frame: a button that is
/// pressed and released between two frames would be lost, so the rest waits for the next frame as soon as a
/// button or key changes twice. Versions from 1.87 on are told by their functions for events, older ones
/// through their fields.
class InstrumentInput
{
public:
    void moved(const QPointF& viewPoint) { m_events.push_back({.kind = Kind::Move, .point = viewPoint}); }
    void left() { m_events.push_back({.kind = Kind::Leave}); }
    void button(Qt::MouseButton button, bool down);
    /// @param notches of the wheel, right and up positive
    void wheel(const QPointF& notches) { m_events.push_back({.kind = Kind::Wheel, .point = notches}); }
    void key(int qtKey, Qt::KeyboardModifiers modifiers, bool down);
    void text(const QString& text) { m_events.push_back({.kind = Kind::Text, .text = text}); }
    /// All keys and buttons up: the view lost the focus.
    void released() { m_events.push_back({.kind = Kind::Release}); }

    bool isEmpty() const { return m_events.empty(); }
    /// Hands over what one frame may see.
    void apply(ImGuiIO& io);

private:
    enum class Kind { Move, Leave, Button, Wheel, Key, Text, Release };
    struct Event
    {
        Kind kind;
        QPointF point;
        int code = 0; ///< button or key of Dear ImGui
        bool down = false;
        Qt::KeyboardModifiers modifiers;
        QString text;
    };
    static void apply(const Event& event, ImGuiIO& io);

    std::deque<Event> m_events;
};

} // namespace assay::widgets
