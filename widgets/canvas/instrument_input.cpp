#include "widgets/canvas/instrument_input.h"

#include <imgui.h>

#include <algorithm>
#include <array>
#include <cfloat>
#include <set>

namespace assay::widgets {

namespace {

#if IMGUI_VERSION_NUM >= 18700
constexpr int kKeypadEnter = ImGuiKey_KeypadEnter;

void tellModifiers(ImGuiIO& io, Qt::KeyboardModifiers held)
{
#if IMGUI_VERSION_NUM >= 18900
    constexpr std::array keys{ImGuiMod_Ctrl, ImGuiMod_Shift, ImGuiMod_Alt, ImGuiMod_Super};
#else
    constexpr std::array keys{ImGuiKey_ModCtrl, ImGuiKey_ModShift, ImGuiKey_ModAlt, ImGuiKey_ModSuper};
#endif
    constexpr std::array modifiers{Qt::ControlModifier, Qt::ShiftModifier, Qt::AltModifier, Qt::MetaModifier};
    for (std::size_t i = 0; i < keys.size(); ++i)
        io.AddKeyEvent(static_cast<ImGuiKey>(keys[i]), held.testFlag(modifiers[i]));
}

void tellPlace(ImGuiIO& io, const ImVec2& place)
{
    io.AddMousePosEvent(place.x, place.y);
}

void tellButton(ImGuiIO& io, int button, bool down)
{
    io.AddMouseButtonEvent(button, down);
}

void tellWheel(ImGuiIO& io, const QPointF& notches)
{
    io.AddMouseWheelEvent(static_cast<float>(notches.x()), static_cast<float>(notches.y()));
}

void tellKey(ImGuiIO& io, int key, bool down)
{
    io.AddKeyEvent(static_cast<ImGuiKey>(key), down);
}

void tellRelease(ImGuiIO& io)
{
    for (int key = ImGuiKey_NamedKey_BEGIN; key < ImGuiKey_NamedKey_END; ++key)
        io.AddKeyEvent(static_cast<ImGuiKey>(key), false);
    for (int button = 0; button < ImGuiMouseButton_COUNT; ++button)
        io.AddMouseButtonEvent(button, false);
    tellModifiers(io, {});
}
#else
constexpr int kKeypadEnter = ImGuiKey_KeyPadEnter;

void tellModifiers(ImGuiIO& io, Qt::KeyboardModifiers held)
{
    io.KeyCtrl = held.testFlag(Qt::ControlModifier);
    io.KeyShift = held.testFlag(Qt::ShiftModifier);
    io.KeyAlt = held.testFlag(Qt::AltModifier);
    io.KeySuper = held.testFlag(Qt::MetaModifier);
}

void tellPlace(ImGuiIO& io, const ImVec2& place)
{
    io.MousePos = place;
}

void tellButton(ImGuiIO& io, int button, bool down)
{
    io.MouseDown[button] = down;
}

void tellWheel(ImGuiIO& io, const QPointF& notches)
{
    io.MouseWheelH += static_cast<float>(notches.x());
    io.MouseWheel += static_cast<float>(notches.y());
}

void tellKey(ImGuiIO& io, int key, bool down)
{
    io.KeysDown[key] = down;
}

void tellRelease(ImGuiIO& io)
{
    std::fill(std::begin(io.KeysDown), std::end(io.KeysDown), false);
    std::fill(std::begin(io.MouseDown), std::end(io.MouseDown), false);
    tellModifiers(io, {});
}
#endif

} // namespace

std::optional<int> instrumentKey(int qtKey)
{
    switch (qtKey) {
    case Qt::Key_Tab:
    case Qt::Key_Backtab:
        return ImGuiKey_Tab;
    case Qt::Key_Left:
        return ImGuiKey_LeftArrow;
    case Qt::Key_Right:
        return ImGuiKey_RightArrow;
    case Qt::Key_Up:
        return ImGuiKey_UpArrow;
    case Qt::Key_Down:
        return ImGuiKey_DownArrow;
    case Qt::Key_PageUp:
        return ImGuiKey_PageUp;
    case Qt::Key_PageDown:
        return ImGuiKey_PageDown;
    case Qt::Key_Home:
        return ImGuiKey_Home;
    case Qt::Key_End:
        return ImGuiKey_End;
    case Qt::Key_Insert:
        return ImGuiKey_Insert;
    case Qt::Key_Delete:
        return ImGuiKey_Delete;
    case Qt::Key_Backspace:
        return ImGuiKey_Backspace;
    case Qt::Key_Space:
        return ImGuiKey_Space;
    case Qt::Key_Return:
        return ImGuiKey_Enter;
    case Qt::Key_Enter:
        return kKeypadEnter;
    case Qt::Key_Escape:
        return ImGuiKey_Escape;
    case Qt::Key_A:
        return ImGuiKey_A;
    case Qt::Key_C:
        return ImGuiKey_C;
    case Qt::Key_V:
        return ImGuiKey_V;
    case Qt::Key_X:
        return ImGuiKey_X;
    case Qt::Key_Y:
        return ImGuiKey_Y;
    case Qt::Key_Z:
        return ImGuiKey_Z;
    default:
        return std::nullopt;
    }
}

void InstrumentInput::button(Qt::MouseButton button, bool down)
{
    const int code = button == Qt::LeftButton     ? ImGuiMouseButton_Left
                     : button == Qt::RightButton  ? ImGuiMouseButton_Right
                     : button == Qt::MiddleButton ? ImGuiMouseButton_Middle
                                                  : -1;
    if (code >= 0)
        m_events.push_back({.kind = Kind::Button, .code = code, .down = down});
}

void InstrumentInput::key(int qtKey, Qt::KeyboardModifiers modifiers, bool down)
{
    m_events.push_back(
        {.kind = Kind::Key, .code = instrumentKey(qtKey).value_or(-1), .down = down, .modifiers = modifiers});
}

void InstrumentInput::apply(ImGuiIO& io)
{
    std::set<int> changed;
    bool moved = false;
    while (!m_events.empty()) {
        const Event& event = m_events.front();
        const bool isButton = event.kind == Kind::Button;
        if (isButton || event.kind == Kind::Key) {
            // Dear ImGui drags while a button is down: the last move of a drag is seen before its release.
            if (isButton && !event.down && moved)
                return;
            if (!changed.insert(isButton ? event.code : 1000 + event.code).second)
                return;
        }
        // A move after a press belongs to the drag: the press is seen at its own place first.
        if (event.kind == Kind::Move) {
            if (std::ranges::any_of(changed, [](int id) { return id < 1000; }))
                return;
            moved = true;
        }
        apply(event, io);
        m_events.pop_front();
    }
}

void InstrumentInput::apply(const Event& event, ImGuiIO& io)
{
    switch (event.kind) {
    case Kind::Move:
        tellPlace(io, ImVec2(static_cast<float>(event.point.x()), static_cast<float>(event.point.y())));
        break;
    case Kind::Leave:
        tellPlace(io, ImVec2(-FLT_MAX, -FLT_MAX));
        break;
    case Kind::Button:
        tellButton(io, event.code, event.down);
        break;
    case Kind::Wheel:
        tellWheel(io, event.point);
        break;
    case Kind::Key:
        if (event.code >= 0)
            tellKey(io, event.code, event.down);
        tellModifiers(io, event.modifiers);
        break;
    case Kind::Text:
        for (const QChar c : event.text)
            io.AddInputCharacterUTF16(c.unicode());
        break;
    case Kind::Release:
        tellRelease(io);
        break;
    }
}

} // namespace assay::widgets
